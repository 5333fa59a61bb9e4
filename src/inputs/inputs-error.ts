import { type ErrorPlace, ParityError } from "../errors.js";
import type { InputSignature } from "./types.js";

/** An `INPUTS_INVALID` error: what is wrong with which input or file, and what to do about it. */
export function inputsError(message: string, where: ErrorPlace, hint?: string): ParityError {
  return new ParityError("INPUTS_INVALID", message, hint === undefined ? { where } : { where, hint });
}

/** `X int32 [?, ?], mask float32 [?, ?]`: the inputs of the reference, for messages. */
export function describeSignatures(signatures: readonly InputSignature[]): string {
  if (signatures.length === 0) return "none";
  return signatures.map((one) => `${one.name} ${one.dtype} ${describeShape(one.shape)}`).join(", ");
}

/** `[?, 128]`; `[…]` for an unknown rank. */
export function describeShape(shape: readonly (number | null)[] | null): string {
  if (shape === null) return "[…]";
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}
