import { decode, isNumeric } from "../../compare/decode.js";
import { elementCount } from "../../formats/dtype.js";
import { readTensor } from "../../formats/read-tensor.js";
import type { LazyTensor } from "../../formats/types.js";

/** Masks of longer contexts are not read for this. */
const MOST_ELEMENTS = 2 ** 24;

/**
 * Why a tensor without a variable is none that an original would hold, in words: integers and flags are computed, as are a causal
 * mask (zeros and ones) and a single number. Null for anything that could be a weight.
 */
export function whyComputed(tensor: LazyTensor): string | null {
  if (/^(u?int|bool)/.test(tensor.dtype)) return `a buffer of ${tensor.dtype}, which no training changes`;
  const count = elementCount(tensor.shape);
  if (count === 0) return "empty";
  if (count === 1 && /mask/i.test(tensor.name)) return "a mask's value, which no training changes";
  const [rows, columns] = tensor.shape.slice(-2);
  if (
    rows === undefined ||
    columns === undefined ||
    rows !== columns ||
    rows < 2 ||
    count > MOST_ELEMENTS ||
    !isNumeric(tensor.dtype)
  )
    return null;
  const values = new Float64Array(count);
  const bytes = readTensor(tensor);
  decode(tensor.dtype, bytes.buffer as ArrayBuffer, count, values);
  for (let i = 0; i < count; i += 1) {
    const row = Math.floor(i / columns) % rows;
    if (values[i] !== (i % columns <= row ? 1 : 0)) return null;
  }
  return "a causal mask, which no training changes";
}
