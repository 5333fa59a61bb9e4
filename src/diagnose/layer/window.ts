import type { Expression, TracedOp } from "../../runners/edits.js";
import { call } from "../express.js";
import { findArgument, plainValue, producerOf, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";

/** A call that slides a window over a map: a convolution or a pooling. */
export interface WindowCall {
  readonly op: TracedOp;
  readonly kind: "convolution" | "max-pool" | "average-pool" | "transposed";
  /** Number of spatial axes. */
  readonly axes: number;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Symmetric padding per axis; null for "same" or "valid" in words. */
  readonly padding: readonly number[] | null;
  /** The call before it that pads, where the padding is a call of its own. */
  readonly padded: TracedOp | null;
}

/** Reads a convolution or pooling call; null for any other. */
export function readWindowCall(situation: Situation, op: TracedOp): WindowCall | null {
  const found = /^_?(conv|conv_transpose|max_pool|avg_pool)([123])d(_with_indices)?$/.exec(op.key.name);
  if (found === null) return null;
  const axes = Number(found[2]);
  const list = (name: string, usual: number | readonly number[]): readonly number[] =>
    perAxis(plainValue(op, name), axes) ?? (typeof usual === "number" ? Array(axes).fill(usual) : usual);
  const isPool = found[1] === "max_pool" || found[1] === "avg_pool";
  const weight = findArgument(op, "weight");
  const weightId = weight !== null && "tensor" in weight.argument ? weight.argument.tensor : null;
  const kernel = isPool
    ? list("kernel_size", 1)
    : (situation.tensors.get(weightId ?? "")?.shape.slice(2) ?? Array<number>(axes).fill(1));
  const padding = plainValue(op, "padding");
  const input = tensorsIn(op)[0];
  const before = input === undefined ? null : producerOf(situation, input);
  return {
    op,
    kind:
      found[1] === "conv"
        ? "convolution"
        : found[1] === "conv_transpose"
          ? "transposed"
          : found[1] === "max_pool"
            ? "max-pool"
            : "average-pool",
    axes,
    kernel,
    stride: list("stride", isPool ? kernel : 1),
    dilation: list("dilation", 1),
    padding: typeof padding === "string" ? null : (perAxis(padding, axes) ?? Array<number>(axes).fill(0)),
    padded: before !== null && /^_?pad$/.test(before.key.name) ? before : null,
  };
}

/** One number for all axes, or one per axis; null when it is neither. */
export function perAxis(value: unknown, axes: number): readonly number[] | null {
  if (typeof value === "number") return Array<number>(axes).fill(value);
  if (!Array.isArray(value) || !value.every((one) => typeof one === "number")) return null;
  const numbers = value as readonly number[];
  if (numbers.length === axes) return numbers;
  return numbers.length === 1 ? Array<number>(axes).fill(numbers[0] ?? 0) : null;
}

/** The input padded as TensorFlow's SAME pads it, whatever its size. */
export function paddedSame(window: WindowCall, input: Expression, value: Expression = 0): Expression {
  return call("parity.pad_same", input, [...window.kernel], [...window.stride], [...window.dilation], value);
}

/** A list of sizes as code has it: `2` or `(2, 1)`. */
export function showSizes(sizes: readonly number[]): string {
  return sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : `(${sizes.join(", ")})`;
}
