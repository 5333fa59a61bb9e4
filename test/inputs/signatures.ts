import type { InputSignature, InputTensor } from "../../src/inputs/types.js";

/** GPT-2's only input: ids of open batch and length. */
export const IDS: InputSignature = {
  name: "X",
  dtype: "int32",
  shape: [null, null],
  role: "token-ids",
  vocabularySize: 50,
  contextLength: 16,
};

/** An input of another kind; dtype float32 unless told. */
export function other(
  name: string,
  shape: (number | null)[] | null,
  dtype: InputSignature["dtype"] = "float32",
): InputSignature {
  return { name, dtype, shape, role: "other", vocabularySize: null, contextLength: null };
}

/** The numbers of an int32 or float32 tensor. */
export function numbersOf(tensor: InputTensor | undefined): number[] {
  if (tensor === undefined) throw new Error("no such input");
  const { data } = tensor;
  const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  if (tensor.dtype === "int32") return [...new Int32Array(buffer)];
  if (tensor.dtype === "float32") return [...new Float32Array(buffer)];
  if (tensor.dtype === "bool" || tensor.dtype === "uint8") return [...data];
  throw new Error(`numbersOf does not read ${tensor.dtype}`);
}
