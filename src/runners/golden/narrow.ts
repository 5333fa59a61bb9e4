import { float16ToFloat32, float32ToFloat16 } from "../../formats/half.js";

/** Fraction bits of float16, the hidden one not counted, and the exponent of its smallest normal number (IEEE 754). */
const FRACTION = 10;
const SMALLEST = -14;

/**
 * Relative L2 error that rounding a tensor may cost: half a unit in the last place of every number. More is lost only where
 * numbers are too small for float16 to hold them.
 */
const MOST_LOST = 2 ** -(FRACTION + 1);

/**
 * float32 values rounded to float16, as bit patterns; null when the tensor cannot be stored so: a finite value would become
 * infinite (the mask of an attention), or most numbers are so small that they would vanish.
 */
export function narrow(values: Float32Array): Uint16Array | null {
  const bits = new Uint16Array(values.length);
  float32ToFloat16(values, bits);
  const back = widen(bits);
  let [lost, size] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const [value, stored] = [values[i] ?? 0, back[i] ?? 0];
    if (!Number.isFinite(value)) continue;
    if (!Number.isFinite(stored)) return null;
    lost += (value - stored) ** 2;
    size += value ** 2;
  }
  return lost <= MOST_LOST ** 2 * size ? bits : null;
}

/** Bit patterns of float16 as float32, without loss. */
export function widen(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  float16ToFloat32(bits, values);
  return values;
}

/**
 * Values that might as well have been rounded to the given ones: each is moved by a random part of up to half a unit in the last
 * place that float16 has there, which is what rounding to it takes away. Deterministic in `seed`.
 */
export function dither(values: Float32Array, seed: number): Float32Array {
  const random = mulberry32(seed);
  return values.map((value) => {
    const part = random() - 0.5;
    if (!Number.isFinite(value) || value === 0) return value;
    const exponent = Math.max(SMALLEST, Math.floor(Math.log2(Math.abs(value))));
    return value + part * 2 ** (exponent - FRACTION);
  });
}

/** Tommy Ettinger's mulberry32: uniform on [0, 1), 32 bits of state, enough for noise. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
