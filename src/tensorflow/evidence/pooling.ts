import { explicitPadding, spatialAxes } from "./picture-axes.js";
import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

/** Pools over windows, and means over whole axes. */
export function findPools(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open("MaxPool", "MaxPoolV2", "AvgPool", "MaxPool3D", "AvgPool3D", "Mean")) {
    const pattern = op.op === "Mean" ? matchMean(view, op) : matchPool(view, op);
    if (pattern === null) continue;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  }
  return found;
}

function matchPool(view: RegionView, op: OriginalOp): Pattern {
  const { axes, ...around } = spatialAxes(view, op, 0);
  const pick = (attribute: string, input: number): number[] => {
    const stated = op.attributes[attribute];
    const list = Array.isArray(stated) ? stated.map(Number) : (view.integers(op.inputs[input]) ?? []);
    return axes.map((axis) => list[axis] ?? 1);
  };
  return {
    kind: "pool",
    type: op.op.startsWith("Max") ? "max" : "average",
    size: pick("ksize", 1),
    strides: pick("strides", 2),
    padding: explicitPadding(op, axes),
    ...around,
  };
}

function matchMean(view: RegionView, op: OriginalOp): Pattern | null {
  const [input] = op.inputs;
  const axes = view.integers(op.inputs[1]);
  if (axes === null || !view.isData(input)) return null;
  return { kind: "mean-pool", axes: view.countAxes(axes, input), input, output: `${op.node}:0`, nodes: [op.node] };
}
