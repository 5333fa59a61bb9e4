// Where things lie in the kernel's linear memory. The host reads these numbers as exported globals.

/** Elements of one side that fit into a block: 2 × 256 KiB, so that both sides stay in a core's second-level cache. */
export const BLOCK: i32 = 65536;
/** Elements that are worked on at once: 2 × 4 KiB, so that the second and third loop find them in the first-level cache. */
export const CHUNK: i32 = 1024;
/** Bins of one ULP histogram; there is one histogram per vector lane, see ulp.ts. */
export const BINS: i32 = 512;

export const STATE: i32 = 65536;
export const HISTOGRAM: i32 = STATE + 1024;
/** A chunk with non-finite values or an odd tail is copied here with zeros in the places that must not count. */
export const SCRATCH_REFERENCE: i32 = HISTOGRAM + 4 * BINS * 4;
export const SCRATCH_CANDIDATE: i32 = SCRATCH_REFERENCE + CHUNK * 4;
export const REFERENCE: i32 = SCRATCH_CANDIDATE + CHUNK * 4;
export const CANDIDATE: i32 = REFERENCE + BLOCK * 4;
export const END: i32 = CANDIDATE + BLOCK * 4;

// Slots of the state, each a float64 (counts are exact up to 2^53).
export const SEEN: i32 = STATE + 0 * 8;
export const SUM_ABS: i32 = STATE + 1 * 8;
export const SUM_SQUARES: i32 = STATE + 2 * 8;
export const SUM_REFERENCE: i32 = STATE + 3 * 8;
export const SUM_CANDIDATE: i32 = STATE + 4 * 8;
export const SUM_PRODUCTS: i32 = STATE + 5 * 8;
/** Value, flat index, reference and candidate of the largest |error|; value −1 until there is one. */
export const MAX_ABS: i32 = STATE + 6 * 8;
/** The same four for the largest |error| / |reference|. */
export const MAX_REL: i32 = STATE + 10 * 8;
export const TOLERANCE: i32 = STATE + 14 * 8;
export const MAX_REFERENCE: i32 = STATE + 15 * 8;
export const OVER: i32 = STATE + 16 * 8;
export const EXCLUDED: i32 = STATE + 17 * 8;
/** NaN, +Inf, −Inf of the reference, then of the candidate. */
export const NON_FINITE: i32 = STATE + 18 * 8;
export const MISMATCHES: i32 = STATE + 24 * 8;
export const FIRST_MISMATCH: i32 = STATE + 25 * 8;
export const ULP_MAX: i32 = STATE + 26 * 8;
export const ATOL: i32 = STATE + 27 * 8;
export const RTOL: i32 = STATE + 28 * 8;
export const HAS_BOUNDS: i32 = STATE + 29 * 8;

// Slots of the sketch, behind those of the comparison.
export const SKETCH_SEEN: i32 = STATE + 40 * 8;
export const SKETCH_MIN: i32 = STATE + 41 * 8;
export const SKETCH_MAX: i32 = STATE + 42 * 8;
/** Each sum is two numbers: the sum and what its additions rounded away. */
export const SKETCH_SUM: i32 = STATE + 43 * 8;
export const SKETCH_SQUARES: i32 = STATE + 45 * 8;
export const SKETCH_CUBES: i32 = STATE + 47 * 8;
export const SKETCH_ZEROS: i32 = STATE + 49 * 8;
export const SKETCH_NON_FINITE: i32 = STATE + 50 * 8;
