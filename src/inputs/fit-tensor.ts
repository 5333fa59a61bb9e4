import type { TensorLocation } from "../formats/types.js";
import { elementReader, encodeElements, hasElements } from "./elements.js";
import { describeShape, inputsError } from "./inputs-error.js";
import { pathOf } from "./nested-array.js";
import type { InputSignature, InputTensor } from "./types.js";

/**
 * The tensor under the signature's name and dtype, or an error: its shape must agree with the signature in every known
 * dimension, a cast must keep every element, and token ids must lie inside the embedding table.
 */
export function fitTensor(tensor: InputTensor, signature: InputSignature, where: Partial<TensorLocation>): InputTensor {
  checkShape(tensor, signature, where);
  const fitted = castTensor(tensor, signature, where);
  if (signature.role === "token-ids") checkIds(fitted, signature, where);
  return fitted;
}

function checkShape(tensor: InputTensor, signature: InputSignature, where: Partial<TensorLocation>): void {
  const { shape } = signature;
  if (shape === null) return;
  const fits =
    shape.length === tensor.shape.length && shape.every((size, i) => size === null || size === tensor.shape[i]);
  if (fits) return;
  throw inputsError(
    `Input ${signature.name} has shape ${describeShape(tensor.shape)}; the reference takes ${describeShape(shape)}.`,
    { ...where, key: signature.name },
    shape.length === tensor.shape.length + 1 && shape[0] === null
      ? "The batch dimension seems to be missing: wrap the array in one more list, or use array[None]."
      : undefined,
  );
}

function castTensor(tensor: InputTensor, signature: InputSignature, where: Partial<TensorLocation>): InputTensor {
  const { name, dtype } = signature;
  const { shape } = tensor;
  if (tensor.dtype === dtype) return { name, dtype, shape, data: tensor.data };
  if (!hasElements(tensor.dtype) || !hasElements(dtype)) {
    throw inputsError(`Input ${name} is ${tensor.dtype}; the reference takes ${dtype}.`, { ...where, key: name });
  }
  const data = encodeElements(dtype, shape, elementReader(tensor.dtype, tensor.data), (index, value) => {
    throw inputsError(
      `Input ${name} is ${tensor.dtype} and the reference takes ${dtype}, which cannot hold ${pathOf(name, shape, index)} = ${value} exactly.`,
      { ...where, key: name },
      `Cast it yourself before saving, so that you see what is lost: array.astype("${dtype}").`,
    );
  });
  return { name, dtype, shape, data };
}

function checkIds(tensor: InputTensor, signature: InputSignature, where: Partial<TensorLocation>): void {
  const { vocabularySize } = signature;
  if (vocabularySize === null) return;
  const read = elementReader(tensor.dtype, tensor.data);
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  for (let index = 0; index < count; index++) {
    const id = read(index);
    if (id >= 0 && id < vocabularySize) continue;
    throw inputsError(
      `${pathOf(tensor.name, tensor.shape, index)} is ${id}, which is no row of the embedding table: ids go from 0 to ${vocabularySize - 1}.`,
      { ...where, key: tensor.name },
    );
  }
}
