import { decode, isNumeric } from "../compare/decode.js";
import type { TensorValue } from "../diagnose/situation.js";
import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";

/** A tensor's values as the diagnosis reads them; null for text and complex numbers. */
export function readValues(tensor: LazyTensor): TensorValue | null {
  if (!isNumeric(tensor.dtype)) return null;
  const count = elementCount(tensor.shape);
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  const data = new Float64Array(count);
  decode(tensor.dtype, bytes.buffer, count, data);
  return { shape: tensor.shape, data };
}
