import type { InputSignature, InputTensor } from "./types.js";

/** Sizes for the dimensions that the graph leaves open, by what the dimension stands for. */
export interface SizePlan {
  readonly batch: number;
  /** Sequence length, where the model takes token ids. */
  readonly length: number;
  /** Size of any other unknown axis. */
  sizeOfAxis(axis: number): number;
}

/** What an axis stands for: axes with the same key get the same size in every input of a case. */
type AxisKey = "batch" | "length" | `axis${number}`;

/** Mask-like by its name: `mask`, `attention_mask`, `input_mask`. */
export function isMask(signature: InputSignature): boolean {
  return signature.role === "other" && /mask/i.test(signature.name);
}

/** Counts the valid steps of each row, by its name: `lengths`, `seq_len`, `input_length`. */
export function isLength(signature: InputSignature): boolean {
  const whole = /^u?int\d+$/.test(signature.dtype) && signature.role === "other";
  return whole && /(^|[_/])(seq(uence)?_?)?len(gth)?s?(:\d+)?$/i.test(signature.name);
}

/** Steps of the sequences of a case: the second axis of the first input that has one and is no mask or length itself. */
export function sequenceLength(
  signatures: readonly InputSignature[],
  shapes: readonly (readonly number[])[],
): number | null {
  const at = signatures.findIndex((one, i) => (shapes[i]?.length ?? 0) >= 2 && !isMask(one) && !isLength(one));
  return shapes[at]?.[1] ?? null;
}

/**
 * The shape that to give each input under a plan. Inputs that leave the same axis open (ids, mask, token types, all [?, ?])
 * get the same size there. Sizes that are fixed by a token-id input's own shape, or by a tensor that the user gave, win
 * over the plan. Null where even the rank is unknown and cannot be told from the other inputs.
 */
export function resolveShape(
  signature: InputSignature,
  signatures: readonly InputSignature[],
  given: readonly InputTensor[],
  plan: SizePlan,
): number[] | null {
  const hasTokens = signatures.some((one) => one.role === "token-ids");
  const shape = shapeOrGuess(signature, hasTokens);
  if (shape === null) return null;
  const fixed = fixedSizes(signatures, given, hasTokens);
  return shape.map(
    (size, axis) => size ?? sizeOf(axisKey(signature, shape.length, axis, hasTokens), axis, fixed, plan),
  );
}

/** Token ids of unknown rank are taken as [batch, length], and so is a mask beside them. */
function shapeOrGuess(signature: InputSignature, hasTokens: boolean): (number | null)[] | null {
  if (signature.shape !== null) return signature.shape;
  return signature.role === "token-ids" || (hasTokens && isMask(signature)) ? [null, null] : null;
}

function axisKey(signature: InputSignature, rank: number, axis: number, hasTokens: boolean): AxisKey {
  if (signature.role === "token-ids" && rank === 1) return "length";
  if (axis === 0) return "batch";
  // A mask may be [batch, length] or [batch, 1, length, length]: every open axis of it runs over the sequence.
  if (hasTokens && (axis === 1 || isMask(signature))) return "length";
  return `axis${axis}`;
}

function fixedSizes(
  signatures: readonly InputSignature[],
  given: readonly InputTensor[],
  hasTokens: boolean,
): Map<AxisKey, number> {
  const fixed = new Map<AxisKey, number>();
  for (const tensor of given) {
    const signature = signatures.find((one) => one.name === tensor.name);
    const shape = signature === undefined ? null : shapeOrGuess(signature, hasTokens);
    if (signature === undefined || shape === null || shape.length !== tensor.shape.length) continue;
    tensor.shape.forEach((size, axis) => {
      const key = axisKey(signature, shape.length, axis, hasTokens);
      if (shape[axis] === null && !fixed.has(key)) fixed.set(key, size);
    });
  }
  for (const signature of signatures) {
    if (signature.role !== "token-ids") continue;
    signature.shape?.forEach((size, axis) => {
      const key = axisKey(signature, signature.shape?.length ?? 0, axis, hasTokens);
      if (size !== null && !fixed.has(key)) fixed.set(key, size);
    });
  }
  return fixed;
}

function sizeOf(key: AxisKey, axis: number, fixed: ReadonlyMap<AxisKey, number>, plan: SizePlan): number {
  const size = fixed.get(key);
  if (size !== undefined) return size;
  if (key === "batch") return plan.batch;
  return key === "length" ? plan.length : plan.sizeOfAxis(axis);
}
