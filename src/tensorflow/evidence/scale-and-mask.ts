import type { RegionView } from "./region-view.js";
import { shortestNumber } from "./shortest-number.js";
import type { OriginalOp, Pattern, Sourced } from "./types.js";

/** Masks put at least this much between what is seen and what is not; no scale or offset of a model is as large. */
const LARGE = 1000;

/** Large numbers that are added, or selected, where a mask says so. */
export function findMasks(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open("Add", "AddV2", "Sub", "Select", "SelectV2")) {
    const pattern = op.op.startsWith("Select") ? matchSelect(view, op) : matchAddition(view, op);
    if (pattern === null) continue;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  }
  return found;
}

/** What a region scales or shifts by one number, outside of anything larger. */
export function findScalesAndShifts(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open("Mul", "RealDiv", "Div", "Add", "AddV2", "Sub")) {
    const pattern = /^(Mul|RealDiv|Div)$/.test(op.op) ? matchScale(view, op) : matchShift(view, op);
    if (pattern === null) continue;
    view.claimed.add(op.node);
    found.push(pattern);
  }
  return found;
}

function matchScale(view: RegionView, op: OriginalOp): Pattern | null {
  const [a, b] = op.inputs;
  const divides = op.op !== "Mul";
  const [data, number] = divides || view.scalar(b) !== null ? [a, view.scalar(b)] : [b, view.scalar(a)];
  if (number === null || !view.isData(data) || view.scalar(data) !== null || !isFloating(view, op)) return null;
  const value = divides ? 1 / number.value : number.value;
  return { kind: "scale", factor: { value, node: number.node }, input: data, output: `${op.node}:0`, nodes: [op.node] };
}

function matchShift(view: RegionView, op: OriginalOp): Pattern | null {
  const [a, b] = op.inputs;
  const takes = op.op === "Sub";
  const [data, number] = takes || view.scalar(b) !== null ? [a, view.scalar(b)] : [b, view.scalar(a)];
  if (number === null || !view.isData(data) || !isFloating(view, op)) return null;
  const value = takes ? -number.value : number.value;
  return { kind: "shift", term: { value, node: number.node }, input: data, output: `${op.node}:0`, nodes: [op.node] };
}

/** scores + c·(1 − mask), scores·mask − c·(1 − mask), and scores + a constant table that holds c. */
function matchAddition(view: RegionView, op: OriginalOp): Pattern | null {
  const [a, b] = op.inputs;
  if (a === undefined || b === undefined) return null;
  for (const [scores, mask, sign] of [
    [a, b, op.op === "Sub" ? -1 : 1],
    [b, a, 1],
  ] as const) {
    if (!view.isData(scores) || (op.op === "Sub" && scores === b)) continue;
    const penalty = readPenalty(view, mask);
    if (penalty === null || penalty.constant.value * sign > 0) continue;
    const constant = { ...penalty.constant, value: penalty.constant.value * sign };
    const kept = penalty.mask === null ? null : matchProduct(view, scores, penalty.mask);
    const input = kept?.scores ?? scores;
    const output = `${op.node}:0`;
    return {
      kind: "mask",
      constant,
      form: kept === null ? "add" : "multiply",
      input,
      output,
      nodes: penalty.mask === null ? [...penalty.nodes, op.node] : view.nodesBetween(output, [input, penalty.mask]),
    };
  }
  return null;
}

/** c·(1 − mask) or a constant that holds c; `mask` is the tensor that is 1 where something is seen. */
function readPenalty(
  view: RegionView,
  tensor: string,
): { constant: Sourced<number>; nodes: readonly string[]; mask: string | null } | null {
  const settled = view.bare(tensor);
  const table = view.region.constants.get(settled) ?? view.region.constants.get(tensor);
  if (table !== undefined) {
    // One number alone is a shift; a table of them is a mask that was made beforehand.
    const least = Math.min(...table.values);
    return table.values.length > 1 && least <= -LARGE && table.values.some((value) => value > least)
      ? { constant: { value: shortestNumber(least), node: table.node }, nodes: [], mask: null }
      : null;
  }
  const op = view.producer(settled);
  if (op === undefined) return null;
  const [a, b] = op.inputs;
  const number = view.scalar(a) ?? view.scalar(b);
  if (op.op === "Mul" && number !== null && Math.abs(number.value) >= LARGE) {
    const other = view.scalar(a) === null ? a : b;
    const inverse = view.producerOf(view.bare(other ?? ""), "Sub");
    const isInverse = inverse !== undefined && view.scalar(inverse.inputs[0])?.value === 1;
    return {
      constant: number,
      nodes: isInverse ? [inverse.node, op.node] : [op.node],
      mask: isInverse ? view.bare(inverse.inputs[1] ?? "") : null,
    };
  }
  return null;
}

function matchProduct(view: RegionView, tensor: string, mask: string): { scores: string; node: string } | null {
  const product = view.producerOf(tensor, "Mul");
  const [a, b] = product?.inputs ?? [];
  if (product === undefined || a === undefined || b === undefined) return null;
  if (view.bare(b) === mask) return { scores: a, node: product.node };
  return view.bare(a) === mask ? { scores: b, node: product.node } : null;
}

/** where(mask, scores, c), with the mask either way round. */
function matchSelect(view: RegionView, op: OriginalOp): Pattern | null {
  const [, a, b] = op.inputs;
  for (const [scores, filler] of [
    [a, b],
    [b, a],
  ] as const) {
    const constant = view.scalar(filler);
    if (constant === null || constant.value > -LARGE || !view.isData(scores)) continue;
    return { kind: "mask", constant, form: "select", input: scores, output: `${op.node}:0`, nodes: [op.node] };
  }
  return null;
}

function isFloating(view: RegionView, op: OriginalOp): boolean {
  return view.isFloating(`${op.node}:0`);
}
