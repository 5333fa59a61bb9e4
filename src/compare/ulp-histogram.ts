/**
 * Bins of the ULP distance. With m = 16: distances 0 to 31 have a bin each; from 32 on every octave [2ᵏ, 2ᵏ⁺¹) is cut into
 * 16 equal bins, so that an edge is at most 6.25 % above any distance in its bin. Distances of 2³¹ and more share the last bin.
 *
 * The index is read off the float32 bits of the distance (exponent and four bits of mantissa), which the kernel can do for
 * four elements at once; the float32 rounding of distances over 2²⁴ can only move them up, so that an edge stays a bound.
 */
export const BINS = 512;

/** float32 bits of 1, shifted right by 19, less one: so that distance 1 is bin 1. */
const FIRST = 2031;
const LAST_DISTANCE = 0x7fffffff;
/** Below it the float32 bits can be had without a float32: quicker one at a time. */
const EXACT_IN_FLOAT32 = 2 ** 24;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The bin of a distance, a whole number ≥ 0. */
export function ulpBin(distance: number): number {
  if (distance === 0) return 0;
  if (distance < EXACT_IN_FLOAT32) {
    const octave = 31 - Math.clz32(distance);
    return 1 + 16 * octave + (((distance << (31 - octave)) >>> 27) & 15);
  }
  float[0] = Math.min(distance, LAST_DISTANCE);
  return ((bits[0] ?? 0) >> 19) - FIRST;
}

/** The largest whole distance that belongs to a bin. Infinity for the last one. */
export function upperEdge(bin: number): number {
  if (bin === 0) return 0;
  bits[0] = (bin + FIRST + 1) << 19;
  const next = float[0] ?? 0;
  // Below 16 a bin of the float grid holds one whole number or none: its edge is the last whole number below the next bin.
  return next > 2 ** 31 ? Number.POSITIVE_INFINITY : Math.ceil(next) - 1;
}

/**
 * Upper bound of a quantile of the distances: the upper edge of the bin that holds it, never more than `max`.
 *
 * @param histogram counts by bin, without bin 0
 * @param total number of distances, those of 0 included
 * @param share between 0 and 1: the value that at least this share of the distances does not exceed
 */
export function ulpQuantile(histogram: Float64Array, total: number, share: number, max: number): number {
  // Counted from the top: at most this many distances may lie above the quantile.
  const above = Math.floor(total * (1 - share) + 1e-9);
  let seen = 0;
  for (let bin = histogram.length - 1; bin > 0; bin--) {
    seen += histogram[bin] ?? 0;
    if (seen > above) return Math.min(upperEdge(bin), max);
  }
  return 0;
}
