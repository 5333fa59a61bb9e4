import type { DType, TensorLocation } from "../formats/types.js";
import { encodeElements, hasElements, isFloating } from "./elements.js";
import { inputsError } from "./inputs-error.js";
import type { InputTensor } from "./types.js";

/** Deeper nesting than any tensor that the frameworks take (TensorFlow's limit is 254 in theory, 8 in most kernels). */
const MAX_RANK = 32;

/**
 * A tensor from JSON: a number or boolean is a scalar, lists nest row by row. Decimal numbers are rounded to a floating
 * dtype (that is reading them, not casting them); an integer or boolean dtype takes whole numbers in its range only.
 * Ragged lists and values that do not fit are refused with the path of the element, such as `X[1][2]`.
 */
export function tensorFromNested(value: unknown, name: string, dtype: DType, where: TensorLocation): InputTensor {
  if (!hasElements(dtype)) {
    throw inputsError(`${name} is of type ${dtype}, which cannot be written as JSON numbers.`, { ...where, key: name });
  }
  const shape = shapeOf(value, name, where);
  const flat: (number | boolean)[] = [];
  collect(value, name, shape, 0, flat, where);
  const data = encodeElements(
    dtype,
    shape,
    (index) => Number(flat[index]),
    (index, element) => {
      if (isFloating(dtype)) return;
      throw inputsError(`${pathOf(name, shape, index)} is ${element}, which ${dtype} cannot hold.`, {
        ...where,
        key: name,
      });
    },
  );
  return { name, dtype, shape, data };
}

/** The shape that the first elements suggest; `collect` holds every other element against it. */
function shapeOf(value: unknown, name: string, where: TensorLocation): number[] {
  const shape: number[] = [];
  let inner = value;
  while (Array.isArray(inner)) {
    if (shape.length === MAX_RANK) {
      throw inputsError(`${name} is nested more than ${MAX_RANK} lists deep.`, { ...where, key: name });
    }
    shape.push(inner.length);
    if (inner.length === 0) {
      throw inputsError(`${name} holds an empty list: there would be nothing to compute.`, { ...where, key: name });
    }
    inner = inner[0];
  }
  return shape;
}

function collect(
  value: unknown,
  path: string,
  shape: readonly number[],
  axis: number,
  into: (number | boolean)[],
  where: TensorLocation,
): void {
  const size = shape[axis];
  if (size === undefined) {
    if (Array.isArray(value)) throw ragged(path, "is a list where its neighbours are numbers", where);
    if (typeof value !== "number" && typeof value !== "boolean") {
      throw inputsError(`${path} is ${JSON.stringify(value) ?? typeof value}; expected a number.`, {
        ...where,
        key: path,
      });
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw inputsError(
        `${path} is ${value}, a whole number that JSON numbers cannot hold exactly.`,
        { ...where, key: path },
        "Give this input as .npz or safetensors.",
      );
    }
    into.push(value);
    return;
  }
  if (!Array.isArray(value)) throw ragged(path, "is a number where its neighbours are lists", where);
  if (value.length !== size) {
    throw ragged(path, `has ${value.length} elements where its first neighbour has ${size}`, where);
  }
  value.forEach((inner, index) => {
    collect(inner, `${path}[${index}]`, shape, axis + 1, into, where);
  });
}

function ragged(path: string, what: string, where: TensorLocation): Error {
  return inputsError(`Ragged array: ${path} ${what}.`, { ...where, key: path }, "Make all rows the same length.");
}

/** `X[1][2]` for a flat index. */
export function pathOf(name: string, shape: readonly number[], flatIndex: number): string {
  let rest = flatIndex;
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return name + indices.map((index) => `[${index}]`).join("");
}
