import type { Stored } from "../find-layers.js";
import type { Field } from "../types.js";

/** A tensor that lies in PyTorch as it does in the original. */
export function fieldAsIs(name: string, { key, shape }: Stored): Field {
  return { name, key, stored: shape, shape, change: "", why: null };
}

export function reshaped(shape: readonly number[]): string {
  return `.reshape(${shape.join(", ")})`;
}

const TYPES: Readonly<Record<string, string>> = {
  bool: "bool",
  float8_e4m3fn: "float8_e4m3fn",
  float8_e5m2: "float8_e5m2",
};

/** The dtype in torch's words; null for float32, which goes without saying. */
export function torchType(dtype: string): string | null {
  return dtype === "float32" ? null : `torch.${TYPES[dtype] ?? dtype}`;
}

/** `, dtype=torch.float16` for a constructor. */
export function keywords(dtype: string): string {
  const type = torchType(dtype);
  return type === null ? "" : `, dtype=${type}`;
}

/** A number as Python writes it. */
export function pythonNumber(value: number): string {
  const short = Number(value.toPrecision(7));
  const text = String(Math.abs(short) < 1e-3 && short !== 0 ? short.toExponential() : short);
  return /^-?\d+$/.test(text) ? `${text}.0` : text.replace("e+", "e");
}

export function tuple(sizes: readonly number[]): string {
  return sizes.length === 1 ? String(sizes[0]) : `(${sizes.join(", ")})`;
}
