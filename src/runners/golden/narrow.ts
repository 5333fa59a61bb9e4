import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../../formats/half.js";
import type { Storage } from "./manifest.js";

type Narrow = Exclude<Storage, "float32">;

/** Fraction bits, the hidden one not counted, and the exponent of the smallest normal number (IEEE 754; bfloat16 as float32). */
const FORMATS: Readonly<Record<Narrow, { readonly fraction: number; readonly smallest: number }>> = {
  float16: { fraction: 10, smallest: -14 },
  bfloat16: { fraction: 7, smallest: -126 },
};

/**
 * float32 values rounded to 16 bits, as bit patterns; null when a finite value would become infinite (the mask of an
 * attention in float16), for then the tensor cannot be stored so.
 */
export function narrow(values: Float32Array, storage: Narrow): Uint16Array | null {
  const bits = new Uint16Array(values.length);
  if (storage === "float16") float32ToFloat16(values, bits);
  else float32ToBfloat16(values, bits);
  const back = widen(bits, storage);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]) && !Number.isFinite(back[i])) return null;
  }
  return bits;
}

/** Bit patterns of 16 bits as float32, without loss. */
export function widen(bits: Uint16Array, storage: Narrow): Float32Array {
  const values = new Float32Array(bits.length);
  if (storage === "float16") float16ToFloat32(bits, values);
  else bfloat16ToFloat32(bits, values);
  return values;
}

/**
 * Values that might as well have been rounded to the given ones: each is moved by a random part of up to half a unit in the last
 * place that the storage has there, which is what rounding to it takes away. Deterministic in `seed`.
 */
export function dither(values: Float32Array, storage: Narrow, seed: number): Float32Array {
  const { fraction, smallest } = FORMATS[storage];
  const random = mulberry32(seed);
  return values.map((value) => {
    const part = random() - 0.5;
    if (!Number.isFinite(value) || value === 0) return value;
    const exponent = Math.max(smallest, Math.floor(Math.log2(Math.abs(value))));
    return value + part * 2 ** (exponent - fraction);
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
