import { type ErrorPlace, formatError } from "../errors.js";
import { MAX_RANK } from "./limits.js";

/** Largest size of one element, so that counts below the quotient stay exact in bytes. */
const MAX_ELEMENTS = Number.MAX_SAFE_INTEGER / 16;

/**
 * A shape as a file states it, checked: at most `MAX_RANK` axes, each a non-negative integer, with a number of elements
 * whose bytes can be counted exactly. Throws FORMAT_INVALID naming the tensor.
 */
export function checkShape(value: unknown, name: string, where: ErrorPlace): readonly number[] {
  if (!Array.isArray(value)) throw formatError(`the shape of tensor ${name} is not a list`, where);
  if (value.length > MAX_RANK) {
    throw formatError(`tensor ${name} has ${value.length} axes, more than ${MAX_RANK}`, where);
  }
  const shape: number[] = [];
  let count = 1;
  let nonZero = 1;
  for (const size of value) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw formatError(`the shape of tensor ${name} has the size ${String(size)}, not a non-negative integer`, where);
    }
    shape.push(size);
    count *= size;
    // Strides multiply sizes too, and must not overflow even when another axis is empty.
    nonZero *= Math.max(size, 1);
  }
  if (count > MAX_ELEMENTS || nonZero > MAX_ELEMENTS) {
    throw formatError(`tensor ${name} of shape [${shape}] has more elements than any file can hold`, where);
  }
  return shape;
}
