import type { InputSignature } from "../inputs/types.js";
import type { Original } from "../tensorflow/understand-original.js";

/** The inputs that cases have values for; a switch that means inference is fed by itself. */
export function signaturesOf(original: Original): InputSignature[] {
  return original.inputs.filter((input) => input.inferenceValue === null);
}
