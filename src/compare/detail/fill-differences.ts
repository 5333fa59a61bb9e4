import { fillDistances, type UlpUnit } from "../ulp.js";

/** Numbers of a block, as they were read. */
export type Numbers = Float32Array | Float64Array;

/** Where both sides hold the same NaN or ±Inf there is no error, and no finite element to count. */
export const ALIKE = -1;

/**
 * |candidate − reference| of the first `length` elements, in float64. Infinity where only one side is finite or the two are
 * not the same NaN or ±Inf; `ALIKE` where they are.
 *
 * @returns whether everything was finite
 */
export function fillErrors(reference: Numbers, candidate: Numbers, length: number, out: Float64Array): boolean {
  let total = 0;
  for (let i = 0; i < length; i++) {
    const error = Math.abs((candidate[i] ?? 0) - (reference[i] ?? 0));
    out[i] = error;
    total += error;
  }
  // A sum that is finite had finite summands only: the usual case needs no look at each.
  if (Number.isFinite(total)) return true;
  let finite = true;
  for (let i = 0; i < length; i++) {
    const [r, c] = [reference[i] ?? 0, candidate[i] ?? 0];
    if (Number.isFinite(r) && Number.isFinite(c)) continue;
    finite = false;
    out[i] = r === c || (Number.isNaN(r) && Number.isNaN(c)) ? ALIKE : Number.POSITIVE_INFINITY;
  }
  return finite;
}

/** Largest float32 number: a ratio beyond it stays a number. */
const LARGEST = 3.4028234663852886e38;

/** |error| ÷ |reference| where the reference is finite and not 0, else 0; Infinity where the error is. */
export function fillRelative(reference: Numbers, errors: Float64Array, length: number, out: Float32Array): void {
  for (let i = 0; i < length; i++) {
    const error = errors[i] ?? 0;
    const size = Math.abs(reference[i] ?? 0);
    out[i] =
      error > 0 ? (error === Number.POSITIVE_INFINITY ? error : size > 0 ? Math.min(error / size, LARGEST) : 0) : 0;
  }
}

/** Scratch space of `fillUlp` for blocks of one length. */
export interface UlpScratch {
  readonly signed: Float64Array;
  readonly distances: Float64Array;
}

/** Distances in units in the last place as `fillDistances` has them, but Infinity where the error is. */
export function fillUlp(
  unit: UlpUnit,
  reference: Numbers,
  candidate: Numbers,
  errors: Float64Array,
  length: number,
  scratch: UlpScratch,
  out: Numbers,
): void {
  if (unit === "float32" && reference instanceof Float32Array && candidate instanceof Float32Array) {
    fillUlp32(reference, candidate, length, out);
  } else {
    for (let i = 0; i < length; i++) scratch.signed[i] = (candidate[i] ?? 0) - (reference[i] ?? 0);
    fillDistances(unit, reference, candidate, scratch.signed, length, scratch.distances);
    out.set(scratch.distances.subarray(0, length));
  }
  for (let i = 0; i < length; i++) {
    const error = errors[i] ?? 0;
    if (error === Number.POSITIVE_INFINITY) out[i] = error;
    else if (error === ALIKE) out[i] = 0;
  }
}

/** Bits of float32 numbers are their places, once negative ones count downwards; ±0 are one place. */
function fillUlp32(reference: Float32Array, candidate: Float32Array, length: number, out: Numbers): void {
  const r = new Int32Array(reference.buffer, reference.byteOffset, length);
  const c = new Int32Array(candidate.buffer, candidate.byteOffset, length);
  for (let i = 0; i < length; i++) {
    const from = r[i] ?? 0;
    const to = c[i] ?? 0;
    out[i] = (from ^ to) < 0 ? (from & 0x7fffffff) + (to & 0x7fffffff) : Math.abs(from - to);
  }
}
