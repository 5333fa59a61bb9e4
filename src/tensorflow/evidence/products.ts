import { polynomialOver } from "./polynomial.js";
import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

/** Products with kernels and between tensors, biases, lookups in tables, sums of two branches. */
export function findProducts(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  const add = (pattern: Pattern | null): void => {
    if (pattern === null) return;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  };
  for (const op of view.open("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")) add(matchMatmul(view, op));
  for (const op of view.open("Einsum")) {
    const equation = String(op.attributes.equation ?? "");
    add({ kind: "einsum", equation, input: op.inputs[0] ?? "", output: `${op.node}:0`, nodes: [op.node] });
  }
  for (const op of view.open("Gather", "GatherV2", "ResourceGather", "Slice", "StridedSlice"))
    add(matchLookup(view, op));
  for (const op of view.open("OneHot")) {
    const depth = view.scalar(op.inputs[1])?.value ?? null;
    add({ kind: "one-hot", depth, input: op.inputs[0] ?? "", output: `${op.node}:0`, nodes: [op.node] });
  }
  for (const op of view.open("BiasAdd", "Add", "AddV2")) add(matchBias(view, op) ?? matchResidual(view, op));
  return found;
}

function matchMatmul(view: RegionView, op: OriginalOp): Pattern {
  const [a = "", b = ""] = op.inputs;
  const kernelFirst = view.variable(a) !== null && view.variable(b) === null;
  const [data, weight] = kernelFirst ? [b, a] : [a, b];
  const turned = view.producerOf(view.bare(weight), "Transpose");
  const kernel = view.variable(weight) ?? view.variable(turned?.inputs[0]);
  const { transpose_a, transpose_b, adj_x, adj_y } = op.attributes;
  const flag = kernelFirst ? (transpose_a ?? adj_x) === true : (transpose_b ?? adj_y) === true;
  const transposed = kernel !== null && turned !== undefined ? !flag : flag;
  const nodes = kernel !== null && turned !== undefined ? [turned.node, op.node] : [op.node];
  return { kind: "matmul", kernel, transposed, input: data, output: `${op.node}:0`, nodes };
}

/** Rows of a table by number; a slice of a table of positions selects its first rows. */
function matchLookup(view: RegionView, op: OriginalOp): Pattern | null {
  const [table, ids = ""] = op.inputs;
  const key = view.variable(table);
  if (key === null) return null;
  return { kind: "lookup", table: key, ids, input: ids, output: `${op.node}:0`, nodes: [op.node] };
}

function matchBias(view: RegionView, op: OriginalOp): Pattern | null {
  const [a, b] = op.inputs;
  const [data, key] = view.variable(b) !== null ? [a, view.variable(b)] : [b, view.variable(a)];
  if (key === null || !view.isData(data)) return null;
  return { kind: "bias", key, input: data, output: `${op.node}:0`, nodes: [op.node] };
}

/** x + f(x): one operand is computed from the other. */
function matchResidual(view: RegionView, op: OriginalOp): Pattern | null {
  const [a, b] = op.inputs;
  const output = `${op.node}:0`;
  if (!view.isData(a) || !view.isData(b) || !view.isFloating(output)) return null;
  const [x, y] = [view.bare(a), view.bare(b)];
  for (const [skipped, branch, from, to] of [
    [a, b, x, y],
    [b, a, y, x],
  ] as const) {
    // Within a formula x is added to what is computed from it alone.
    if (from === to || polynomialOver(view, to, new Set([from])) !== null || !view.dependsOn(to, from)) continue;
    return { kind: "residual", skipped, input: branch, output, nodes: [op.node] };
  }
  return null;
}
