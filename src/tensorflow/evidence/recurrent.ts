import { findFusedCells } from "./fused-cells.js";
import { type CellProduct, type GateTrace, stateScore, traceGate } from "./gate-trace.js";
import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

type Recurrent = Pattern & { readonly kind: "recurrent" };

/**
 * Recurrent cells: fused ops, and formulas. What a gate is follows from how its block is used, not from its name. A cell
 * that is written once per step is one pattern.
 */
export function findRecurrences(view: RegionView): Pattern[] {
  const cells: Recurrent[] = findFusedCells(view);
  const add = (cell: Recurrent | null): void => {
    if (cell === null) return;
    for (const node of cell.nodes) view.claimed.add(node);
    const at = cells.findIndex((one) => isSameCell(one, cell));
    const earlier = cells[at];
    if (earlier === undefined) cells.push(cell);
    else cells[at] = { ...earlier, output: cell.output, nodes: [...new Set([...earlier.nodes, ...cell.nodes])] };
  };
  for (const op of view.open("Mul")) add(matchLstm(view, op));
  for (const op of view.open("Add", "AddV2")) add(matchGru(view, op));
  for (const op of view.open("Tanh", "Relu")) add(matchPlain(view, op));
  return cells;
}

function isSameCell(a: Recurrent, b: Recurrent): boolean {
  return a.cell === b.cell && a.kernel !== null && a.kernel === b.kernel && a.recurrentKernel === b.recurrentKernel;
}

/** h = σ(o)·tanh(c), c = σ(f)·c′ + σ(i)·tanh(j). */
function matchLstm(view: RegionView, op: OriginalOp): Recurrent | null {
  for (const [gate, cell] of bothWays(op)) {
    const output = view.producerOf(gate, "Sigmoid");
    const sum = view.producerOf(view.producerOf(cell, "Tanh")?.inputs[0], "Add", "AddV2");
    if (output === undefined || sum === undefined) continue;
    for (const [kept, fresh] of bothWays(sum)) {
      const [keeping, adding] = [view.producerOf(kept, "Mul"), view.producerOf(fresh, "Mul")];
      if (keeping === undefined || adding === undefined) continue;
      for (const [i, j] of bothWays(adding)) {
        const [enter, candidate] = [view.producerOf(i, "Sigmoid"), view.producerOf(j, "Tanh")];
        const forget = bothWays(keeping).find(([f]) => view.producerOf(f, "Sigmoid") !== undefined);
        const f = view.producerOf(forget?.[0], "Sigmoid");
        if (enter === undefined || candidate === undefined || f === undefined || forget === undefined) continue;
        const traces = Object.entries({ i: enter, j: candidate, f, o: output }).map(
          ([name, one]) => [name, traceGate(view, one.inputs[0] ?? "")] as const,
        );
        const whole = readWeights(
          view,
          traces.map(([, trace]) => trace),
        );
        return {
          kind: "recurrent",
          cell: "lstm",
          gates: inOrder(traces),
          forgetBias: traces.find(([name]) => name === "f")?.[1].added ?? null,
          ...whole.keys,
          resetAfter: null,
          input: whole.input,
          output: `${op.node}:0`,
          nodes: view.nodesBetween(`${op.node}:0`, [...whole.ends, forget[1]]),
        };
      }
    }
  }
  return null;
}

/** h = z·h′ + (1 − z)·c. */
function matchGru(view: RegionView, op: OriginalOp): Recurrent | null {
  for (const [kept, fresh] of bothWays(op)) {
    const [keeping, adding] = [view.producerOf(kept, "Mul"), view.producerOf(fresh, "Mul")];
    if (keeping === undefined || adding === undefined) continue;
    for (const [inverse, c] of bothWays(adding)) {
      const sub = view.producerOf(inverse, "Sub");
      const candidate = view.producerOf(c, "Tanh", "Relu");
      if (sub === undefined || candidate === undefined || view.scalar(sub.inputs[0])?.value !== 1) continue;
      const update = view.settle(sub.inputs[1] ?? "");
      const state = bothWays(keeping).find(([z]) => view.settle(z) === update)?.[1];
      if (state === undefined) continue;
      return readGru(view, op, update, candidate, state);
    }
  }
  return null;
}

function readGru(view: RegionView, op: OriginalOp, update: string, candidate: OriginalOp, state: string): Recurrent {
  const inner = traceGate(view, candidate.inputs[0] ?? "");
  const reset = findReset(view, candidate.inputs[0] ?? "", inner.products);
  const z = traceGate(view, update);
  const r = reset === null ? null : traceGate(view, reset.gate);
  const whole = readWeights(view, r === null ? [z] : [z, r]);
  const recurrent = reset?.after === true ? traceGate(view, reset.other) : null;
  const candidateOwn = inner.products.length > 0 && inner.products.every((one) => one.kernel !== whole.keys.kernel);
  const traces: (readonly [string, GateTrace])[] = [[candidateOwn ? "u" : "z", z]];
  if (r !== null) traces.push(["r", r]);
  if (!candidateOwn) traces.push(["h", { ...inner, slot: inner.slot ?? recurrent?.slot ?? null }]);
  return {
    kind: "recurrent",
    cell: "gru",
    gates: inOrder(traces),
    forgetBias: null,
    ...whole.keys,
    ...(candidateOwn ? { candidateKernel: inner.products[0]?.kernel ?? null, candidateBias: inner.bias } : {}),
    resetAfter: reset === null ? null : reset.after,
    input: whole.input,
    output: `${op.node}:0`,
    nodes: view.nodesBetween(`${op.node}:0`, [...whole.ends, state]),
  };
}

/** Where the reset gate acts: on what the recurrent product gave, or on the state that goes into it. */
function findReset(
  view: RegionView,
  argument: string,
  products: readonly CellProduct[],
): { gate: string; other: string; after: boolean } | null {
  const gated = (tensor: string): { gate: string; other: string } | null => {
    const op = view.producerOf(tensor, "Mul");
    for (const [gate, other] of op === undefined ? [] : bothWays(op)) {
      const split = view.producer(view.settle(gate));
      const isGate =
        split?.op === "Sigmoid" || split?.inputs.some((input) => view.producerOf(input, "Sigmoid") !== undefined);
      if (isGate) return { gate, other };
    }
    return null;
  };
  const sum = view.producerOf(argument, "Add", "AddV2");
  for (const part of sum?.inputs ?? []) {
    const found = gated(part);
    if (found !== null) return { ...found, after: true };
  }
  for (const product of products) {
    const joined = view.producerOf(product.data, "ConcatV2");
    for (const part of joined?.inputs.slice(0, -1) ?? [product.data]) {
      const found = gated(part);
      if (found !== null) return { ...found, after: false };
    }
  }
  return null;
}

/** h = tanh(W·x + U·h′ + b), where h′ is a loop's variable or begins as zeros. */
function matchPlain(view: RegionView, op: OriginalOp): Recurrent | null {
  const trace = traceGate(view, op.inputs[0] ?? "");
  const states = trace.products.flatMap(
    (one) => view.producerOf(one.data, "ConcatV2")?.inputs.slice(0, -1) ?? [one.data],
  );
  if (trace.slot !== null || states.length !== 2 || !states.some((one) => stateScore(view, one) === 2)) return null;
  const whole = readWeights(view, [trace]);
  return {
    kind: "recurrent",
    cell: "rnn",
    gates: [],
    forgetBias: null,
    ...whole.keys,
    resetAfter: null,
    input: whole.input,
    output: `${op.node}:0`,
    nodes: view.nodesBetween(`${op.node}:0`, whole.ends),
  };
}

interface CellWeights {
  readonly keys: Pick<Recurrent, "kernel" | "recurrentKernel" | "bias"> & { readonly recurrentBias?: string };
  readonly input: string;
  /** The tensors that enter the cell. */
  readonly ends: readonly string[];
}

/** Kernels and biases, and which of what they are applied to is the state. */
function readWeights(view: RegionView, traces: readonly GateTrace[]): CellWeights {
  const products = new Map<string, CellProduct>();
  for (const product of traces.flatMap((trace) => trace.products))
    products.set(product.kernel, products.get(product.kernel) ?? product);
  const all = [...products.values()].sort((a, b) => stateScore(view, a.data) - stateScore(view, b.data));
  const [first, second] = all;
  const joined = view.producerOf(first?.data, "ConcatV2")?.inputs.slice(0, -1) ?? [];
  const ends = joined.length > 0 ? joined : all.map((product) => product.data);
  const [input = ""] = [...ends].sort((a, b) => stateScore(view, a) - stateScore(view, b));
  const bias = first?.bias ?? traces.map((trace) => trace.bias).find((one) => one !== null) ?? null;
  const recurrentBias = second?.bias != null && second.bias !== bias ? { recurrentBias: second.bias } : {};
  const keys = { kernel: first?.kernel ?? null, recurrentKernel: second?.kernel ?? null, bias, ...recurrentBias };
  return { keys, input, ends };
}

/** Names of gates by the block that each one is; none where the graph does not tell. */
function inOrder(traces: readonly (readonly [string, GateTrace])[]): string[] {
  if (traces.some(([, trace]) => trace.slot === null)) return [];
  return [...traces].sort(([, a], [, b]) => (a.slot ?? 0) - (b.slot ?? 0)).map(([name]) => name);
}

function bothWays(op: OriginalOp): readonly (readonly [string, string])[] {
  const [a = "", b = ""] = op.inputs;
  return [
    [a, b],
    [b, a],
  ];
}
