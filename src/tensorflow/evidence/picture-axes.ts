import type { RegionView } from "./region-view.js";
import type { OriginalOp } from "./types.js";

/** Where an op of pictures has its axes, and the tensors around it. */
export interface PictureAxes {
  /** The spatial axes as the op counts them. */
  readonly axes: readonly number[];
  readonly channelsLast: boolean;
  readonly input: string;
  readonly output: string;
  readonly nodes: readonly string[];
}

/**
 * The spatial axes of a convolution or a pool. An axis that ExpandDims adds before it and Squeeze takes away behind it,
 * as TensorFlow does for sequences, is no axis of the data.
 */
export function spatialAxes(view: RegionView, op: OriginalOp, dataInput: number): PictureAxes {
  const format = op.attributes.data_format;
  const channelsLast = typeof format !== "string" || !format.startsWith("NC");
  const rank = op.op.includes("3D") ? 5 : 4;
  const first = channelsLast ? 1 : 2;
  const axes = Array.from({ length: rank - 2 }, (_, i) => first + i);
  const input = op.inputs[dataInput] ?? "";
  const output = `${op.node}:0`;
  const expand = view.producerOf(input, "ExpandDims");
  const added = view.integers(expand?.inputs[1])?.[0];
  const squeeze = view.readers(output).find((reader) => reader.op === "Squeeze");
  if (expand === undefined || added === undefined || squeeze === undefined) {
    return { axes, channelsLast, input, output, nodes: [op.node] };
  }
  const extra = added < 0 ? added + rank : added;
  return {
    axes: axes.filter((axis) => axis !== extra),
    channelsLast,
    input: expand.inputs[0] ?? input,
    output: `${squeeze.node}:0`,
    nodes: [expand.node, op.node, squeeze.node],
  };
}

/** SAME, VALID, or the stated numbers of rows before and behind, by spatial axis. */
export function explicitPadding(
  op: OriginalOp,
  axes: readonly number[],
): "SAME" | "VALID" | readonly (readonly [number, number])[] {
  const { padding, explicit_paddings: pairs } = op.attributes;
  if (padding === "SAME" || padding === "VALID") return padding;
  const list = Array.isArray(pairs) ? pairs.map(Number) : [];
  return axes.map((axis) => [list[2 * axis] ?? 0, list[2 * axis + 1] ?? 0] as const);
}
