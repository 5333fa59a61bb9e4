import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../../formats/half.js";

/** A type of 16 bits in which hidden states are stored. */
export type NarrowType = "float16" | "bfloat16";

interface NarrowFormat {
  /** Fraction bits, the hidden one not counted, and the exponent of the smallest normal number. */
  readonly fraction: number;
  readonly smallest: number;
  readonly narrow: (values: Float32Array, out: Uint16Array) => void;
  readonly widen: (bits: Uint16Array, out: Float32Array) => void;
}

/** float16 as IEEE 754 has it; bfloat16 is the upper half of a float32. */
const FORMATS: Readonly<Record<NarrowType, NarrowFormat>> = {
  float16: { fraction: 10, smallest: -14, narrow: float32ToFloat16, widen: float16ToFloat32 },
  bfloat16: { fraction: 7, smallest: -126, narrow: float32ToBfloat16, widen: bfloat16ToFloat32 },
};

export function isNarrow(dtype: string): dtype is NarrowType {
  return Object.hasOwn(FORMATS, dtype);
}

/**
 * Relative L2 error that rounding a tensor may cost: half a unit in the last place of every number. More is lost only where
 * numbers are too small for the type to hold them, and such tensors are not narrowed.
 */
export function mostLost(type: NarrowType): number {
  return 2 ** -(FORMATS[type].fraction + 1);
}

/**
 * float32 values rounded to the type, as bit patterns; null when the tensor cannot be stored so: a finite value would become
 * infinite (the mask of an attention), or most numbers are so small that they would vanish.
 */
export function narrow(values: Float32Array, type: NarrowType): Uint16Array | null {
  const bits = new Uint16Array(values.length);
  FORMATS[type].narrow(values, bits);
  const back = widen(bits, type);
  let [lost, size] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const [value, stored] = [values[i] ?? 0, back[i] ?? 0];
    if (!Number.isFinite(value)) continue;
    if (!Number.isFinite(stored)) return null;
    lost += (value - stored) ** 2;
    size += value ** 2;
  }
  return lost <= mostLost(type) ** 2 * size ? bits : null;
}

/** Bit patterns of the type as float32, without loss. */
export function widen(bits: Uint16Array, type: NarrowType): Float32Array {
  const values = new Float32Array(bits.length);
  FORMATS[type].widen(bits, values);
  return values;
}

/**
 * Values that might as well have been rounded to the given ones: each is moved by a random part of up to half a unit in the last
 * place that the type has there, which is what rounding to it takes away. Deterministic in `seed`.
 */
export function dither(values: Float32Array, type: NarrowType, seed: number): Float32Array {
  const { fraction, smallest } = FORMATS[type];
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
