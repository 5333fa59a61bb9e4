import type { RegionView } from "./region-view.js";
import type { OriginalOp, Sourced } from "./types.js";

/** A product with a stored kernel, and the data that it is of. */
export interface CellProduct {
  readonly kernel: string;
  readonly data: string;
  /** Bias that is added to this product before it meets another. */
  readonly bias: string | null;
}

/** What goes into one gate of a cell. */
export interface GateTrace {
  /** Which block of the kernel's columns it is; null where it has a kernel of its own. */
  readonly slot: number | null;
  /** A number added to the block alone. */
  readonly added: Sourced<number> | null;
  readonly products: readonly CellProduct[];
  readonly bias: string | null;
}

const SUMS: ReadonlySet<string> = new Set(["Add", "AddV2", "BiasAdd"]);
const MOST_STEPS = 24;

/** Follows the argument of a gate (or a gate that was cut out of activated ones) back to the products that it is a block of. */
export function traceGate(view: RegionView, argument: string): GateTrace {
  let slot: number | null = null;
  let added: Sourced<number> | null = null;
  const products: CellProduct[] = [];
  const biases: string[] = [];
  const stack: { tensor: string; bias: string | null }[] = [{ tensor: argument, bias: null }];
  for (let step = 0; stack.length > 0 && step < MOST_STEPS; step++) {
    const { tensor, bias } = stack.pop() as { tensor: string; bias: string | null };
    const key = view.variable(tensor);
    if (key !== null) {
      biases.push(key);
      continue;
    }
    const op = view.producer(view.bare(tensor));
    if (op === undefined) continue;
    const own = view.bare(tensor);
    if (SUMS.has(op.op)) {
      const number = op.inputs.map((input) => view.scalar(input)).find((one) => one !== null);
      if (number != null) added = number;
      const direct = op.inputs.map((input) => view.variable(input)).find((one) => one !== null) ?? bias;
      for (const input of op.inputs)
        if (view.scalar(input) === null && view.variable(input) === null) stack.push({ tensor: input, bias: direct });
      if (direct !== null && !biases.includes(direct)) biases.push(direct);
      continue;
    }
    if (op.op === "Sigmoid") stack.push({ tensor: op.inputs[0] ?? "", bias });
    const block = readBlock(view, op, own);
    if (block !== null) {
      slot ??= block.slot;
      stack.push({ tensor: block.data, bias });
    }
    if (/^(MatMul|BatchMatMul(V[23])?)$/.test(op.op)) {
      const [data = "", weight = ""] = op.inputs;
      const part = view.producer(view.bare(weight));
      const cut = part === undefined ? null : readBlock(view, part, view.bare(weight));
      const kernel = view.variable(weight) ?? view.variable(cut?.data);
      if (cut !== null) slot ??= cut.slot;
      if (kernel !== null) products.push({ kernel, data, bias });
    }
  }
  return { slot, added, products: products.reverse(), bias: biases[0] ?? null };
}

/** Which block of its input a part of a split or a slice along the last axis is. */
function readBlock(view: RegionView, op: OriginalOp, tensor: string): { slot: number; data: string } | null {
  const slot = Number(tensor.slice(tensor.lastIndexOf(":") + 1));
  if (op.op === "Split" && op.inputs[1] !== undefined) return { slot, data: op.inputs[1] };
  if ((op.op === "SplitV" || op.op === "Unpack") && op.inputs[0] !== undefined) return { slot, data: op.inputs[0] };
  if (op.op !== "StridedSlice" && op.op !== "Slice") return null;
  // Slices are put in order by where they begin.
  const begin = view.integers(op.inputs[1])?.at(-1);
  return begin === undefined || op.inputs[0] === undefined ? null : { slot: begin, data: op.inputs[0] };
}

/** How sure it is that a tensor is the state of the step before: 2 for a loop's variable and zeros, 1 for a computed one. */
export function stateScore(view: RegionView, tensor: string): number {
  let current = view.settle(tensor);
  for (let step = 0; step < 4; step++) {
    if (view.scalar(current)?.value === 0) return 2;
    const op = view.producer(current);
    if (op === undefined) return 0;
    if (op.op === "Merge") return 2;
    if (op.op === "Mul") return step === 0 ? Math.max(1, ...op.inputs.map((input) => isLoopVariable(view, input))) : 1;
    if (op.op === "AddV2" || op.op === "Add") return 1;
    if (!/^(Switch|Identity)$/.test(op.op) || op.inputs[0] === undefined) return 0;
    current = view.settle(op.inputs[0]);
  }
  return 0;
}

/** r·h is as much the state as h. */
function isLoopVariable(view: RegionView, tensor: string): number {
  const op = view.producer(view.settle(tensor));
  const isLoop = op?.op === "Switch" && view.producerOf(op.inputs[0], "Merge") !== undefined;
  return isLoop || view.scalar(tensor)?.value === 0 ? 2 : 1;
}
