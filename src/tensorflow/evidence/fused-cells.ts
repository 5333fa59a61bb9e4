import type { RegionView } from "./region-view.js";
import { shortestNumber } from "./shortest-number.js";
import type { OriginalOp, Pattern, Sourced } from "./types.js";

type Recurrent = Pattern & { readonly kind: "recurrent" };

/** Where the fused ops have their data, kernel and bias, and the output that is the cell's (tensorflow/core/ops/rnn_ops.cc). */
interface Layout {
  readonly cell: "lstm" | "gru";
  readonly gates: readonly string[];
  readonly x: number;
  readonly kernel: number;
  readonly bias: number;
  readonly output: number;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  BlockLSTM: { cell: "lstm", gates: ["i", "j", "f", "o"], x: 1, kernel: 4, bias: 8, output: 6 },
  // The second version of the op orders its blocks as cuDNN does.
  BlockLSTMV2: { cell: "lstm", gates: ["i", "f", "j", "o"], x: 1, kernel: 4, bias: 8, output: 6 },
  LSTMBlockCell: { cell: "lstm", gates: ["i", "j", "f", "o"], x: 0, kernel: 3, bias: 7, output: 6 },
  GRUBlockCell: { cell: "gru", gates: ["r", "u"], x: 0, kernel: 2, bias: 4, output: 3 },
};

/** Cells that are one op. */
export function findFusedCells(view: RegionView): Recurrent[] {
  const found: Recurrent[] = [];
  for (const op of view.open(...Object.keys(LAYOUTS))) {
    const layout = LAYOUTS[op.op];
    if (layout === undefined) continue;
    view.claimed.add(op.node);
    found.push(describeCell(view, op, layout));
  }
  return found;
}

function describeCell(view: RegionView, op: OriginalOp, layout: Layout): Recurrent {
  const candidate = { candidateKernel: view.variable(op.inputs[3]), candidateBias: view.variable(op.inputs[5]) };
  return {
    kind: "recurrent",
    cell: layout.cell,
    gates: layout.gates,
    forgetBias: readForgetBias(op, layout),
    kernel: view.variable(op.inputs[layout.kernel]),
    recurrentKernel: null,
    bias: view.variable(op.inputs[layout.bias]),
    ...(layout.cell === "gru" ? candidate : {}),
    resetAfter: layout.cell === "gru" ? false : null,
    input: op.inputs[layout.x] ?? "",
    output: `${op.node}:${layout.output}`,
    nodes: [op.node],
  };
}

/** 1 where the file strips defaults; BlockLSTMV2 adds nothing. */
function readForgetBias(op: OriginalOp, layout: Layout): Sourced<number> | null {
  if (layout.cell !== "lstm" || op.op === "BlockLSTMV2") return null;
  const stated = op.attributes.forget_bias;
  return { value: typeof stated === "number" ? shortestNumber(stated) : 1, node: op.node };
}
