import { elementCount } from "../formats/dtype.js";
import { isLength, isMask } from "./axis-sizes.js";
import { encodeElements, hasElements, isFloating } from "./elements.js";
import type { Generator } from "./input-spec.js";
import { describeShape, inputsError } from "./inputs-error.js";
import type { Random } from "./random.js";
import type { InputSignature, InputTensor } from "./types.js";

/**
 * Integers of inputs whose meaning is unknown stay below this: most of them select something (token types, flags), and the
 * smallest table that makes sense has two rows. Images in uint8 are the exception: nothing is looked up by uint8.
 */
const SAFE_INTEGER_BOUND = 2;

/**
 * Fills one input of the given shape with values that suit what the input is for.
 *
 * @param steps length of the case's sequences, for inputs that count how much of each is valid; null: there are none
 */
export function fillInput(
  signature: InputSignature,
  shape: number[],
  random: Random,
  steps: number | null = null,
): InputTensor {
  const { name, dtype } = signature;
  if (!hasElements(dtype)) throw cannotGenerate(signature, `values of type ${dtype}`);
  const neutral = neutralValue(signature);
  if (neutral !== null) return tensor(signature, shape, () => neutral);
  if (signature.role === "token-ids") return fillIds(signature, shape, random);
  if (isMask(signature)) return fillMask(signature, shape);
  if (steps !== null && isLength(signature)) return fillLengths(signature, shape, steps);
  if (isFloating(dtype)) return tensor(signature, shape, () => random.nextNormal());
  if (dtype === "bool") return tensor(signature, shape, () => random.nextBelow(2));
  return {
    name,
    dtype,
    shape,
    data: encodeElements(dtype, shape, () => random.nextBelow(dtype === "uint8" ? 256 : SAFE_INTEGER_BOUND)),
  };
}

/** Fills one input as the user asked: `ids:3x7`, `normal:1x8`, `zeros:…`, `ones:…`. */
export function fillAsAsked(
  signature: InputSignature,
  generator: Generator,
  shape: number[],
  random: Random,
): InputTensor {
  if (!hasElements(signature.dtype)) throw cannotGenerate(signature, `values of type ${signature.dtype}`);
  if (generator === "zeros" || generator === "ones")
    return tensor(signature, shape, () => (generator === "ones" ? 1 : 0));
  if (generator === "normal") {
    if (!isFloating(signature.dtype)) throw cannotGenerate(signature, `normal draws, for it is ${signature.dtype}`);
    return tensor(signature, shape, () => random.nextNormal());
  }
  if (signature.vocabularySize === null)
    throw cannotGenerate(signature, "ids, for the size of its vocabulary is unknown");
  return fillIds(signature, shape, random);
}

/**
 * Switches that make a TensorFlow 1 graph random or a training graph: drawn by a coin they would make the two sides
 * incomparable. A scalar `is_training` is false, a scalar keep probability is 1 and a scalar dropout rate is 0.
 */
function neutralValue(signature: InputSignature): number | null {
  const { name, dtype, shape } = signature;
  if (shape !== null && shape.length > 0) return null;
  if (dtype === "bool" && /train|learning_phase/i.test(name)) return 0;
  if (!isFloating(dtype)) return null;
  if (/keep_?prob/i.test(name)) return 1;
  return /drop_?(out|rate|prob)/i.test(name) ? 0 : null;
}

/** True where the value, and so the scalar shape, follows from the input's name alone. */
export function isSwitch(signature: InputSignature): boolean {
  return neutralValue(signature) !== null;
}

/** Ids uniform over the vocabulary; where there is room, the first and the last row of the table are among the first row's. */
function fillIds(signature: InputSignature, shape: number[], random: Random): InputTensor {
  const size = signature.vocabularySize ?? SAFE_INTEGER_BOUND;
  const count = elementCount(shape);
  const ids = Array.from({ length: count }, () => random.nextBelow(size));
  const rowLength = shape.at(-1) ?? 1;
  const room = rowLength >= 2 ? rowLength : count;
  if (room >= 2) {
    const first = random.nextBelow(room);
    const last = (first + 1 + random.nextBelow(room - 1)) % room;
    ids[first] = 0;
    ids[last] = size - 1;
  }
  return tensor(signature, shape, (index) => ids[index] ?? 0);
}

/**
 * Ones, but in a batch of several the rows after the first are padded on the right: with 3 rows of 7, the valid lengths are
 * 7, 5 and 3. The rows are those of the first axis, the padding runs along the last.
 */
function fillMask(signature: InputSignature, shape: number[]): InputTensor {
  const batch = shape[0] ?? 1;
  const length = shape.at(-1) ?? 1;
  if (shape.length < 2 || batch < 2 || length < 2) return tensor(signature, shape, () => 1);
  const perRow = elementCount(shape) / batch;
  return tensor(signature, shape, (index) => {
    const valid = validSteps(length, batch, Math.floor(index / perRow));
    return index % length < valid ? 1 : 0;
  });
}

/** The lengths that a mask of the same case leaves: the whole sequence in the first row, less in each that follows. */
function fillLengths(signature: InputSignature, shape: number[], steps: number): InputTensor {
  const batch = shape[0] ?? 1;
  const perRow = elementCount(shape) / Math.max(1, batch);
  return tensor(signature, shape, (index) => validSteps(steps, batch, Math.floor(index / perRow)));
}

/** From all steps in row 0 down to one batch-th of them, never 0. */
function validSteps(steps: number, batch: number, row: number): number {
  return Math.ceil((steps * (batch - row)) / batch);
}

function tensor(signature: InputSignature, shape: number[], make: (index: number) => number): InputTensor {
  return { name: signature.name, dtype: signature.dtype, shape, data: encodeElements(signature.dtype, shape, make) };
}

function cannotGenerate(signature: InputSignature, what: string): Error {
  const { name } = signature;
  return inputsError(
    `Input ${name} ${describeShape(signature.shape)} cannot be filled with ${what}.`,
    { key: name },
    `Give it from a file or by value: --input ${name}=inputs.npz or --input '${name}=[[1,2,3]]'`,
  );
}
