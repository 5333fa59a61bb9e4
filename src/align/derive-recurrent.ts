import { mutualBest } from "./mutual-best.js";
import { findPortCells, type PortCell } from "./port-cells.js";
import type { DerivedAssignment, DerivedVariable, Recipe, SharedSum } from "./recipe.js";
import { findOriginalCells, type OriginalCell } from "./recurrent-cells.js";
import { nameSimilarity, namesContradict, type Token, tokenize, withoutWrappers } from "./tokens.js";
import type { CandidateParameter, ReferenceVariable } from "./types.js";

/** What the original's graph says about the cell that reads a kernel. */
export interface RecurrentEvidence {
  /** Order of the gate blocks in the kernel's columns: `["i","j","f","o"]`. */
  readonly gates: readonly string[];
  /** Added to the forget gate by the cell itself; null where nothing is. */
  readonly forgetBias: number | null;
  /** GRU: the reset gate acts after the recurrent product; null or absent where the graph does not tell. */
  readonly resetAfter?: boolean | null;
}

/** By the kernel's key; null where the graph does not tell. */
export type RecurrentEvidenceOf = (kernel: string) => RecurrentEvidence | null;

/** torch's order of gates (documentation of nn.LSTM and nn.GRU). */
const PORT_GATES = { lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"], rnn: ["h"] } as const;

/** Names of the same gate in TensorFlow, Keras and papers. */
const GATE_NAMES: Readonly<Record<string, string>> = { j: "g", ci: "g", c: "g", u: "z", h: "n" };

/** tf.nn.rnn_cell's LSTMCell and BasicLSTMCell split i, j, f, o and add 1 to f; so does BlockLSTM with its own names. */
const JOINED_LSTM: RecurrentEvidence = { gates: ["i", "j", "f", "o"], forgetBias: 1 };
/** Keras: i, f, c, o (unit_forget_bias is in the stored bias) and z, r, h. */
const KERAS = { lstm: ["i", "f", "c", "o"], gru: ["z", "r", "h"], rnn: ["h"] } as const;

const RESET_BEFORE =
  "the original's reset gate acts on the state before the recurrent product, nn.GRU's after it: no weights make the two equal";

/** Fits every recurrent module of the port with a cell of the original, whose kernels are cut and reordered for it. */
export function deriveRecurrent(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  evidence: RecurrentEvidenceOf,
): DerivedAssignment[] {
  return pairCells(findPortCells(parameters), findOriginalCells(variables)).flatMap(([port, cell]) =>
    deriveCell(port, cell, evidence),
  );
}

/** By names where they tell, then in order, cells of one kind, size and direction among themselves. */
function pairCells(ports: readonly PortCell[], cells: readonly OriginalCell[]): [PortCell, OriginalCell][] {
  const fits = (port: PortCell, cell: OriginalCell): boolean =>
    port.kind === cell.kind &&
    port.inputs === cell.inputs &&
    port.hidden === cell.hidden &&
    (port.reverse === null || port.reverse === (cell.reverse ?? false)) &&
    !namesContradict(tokenize(port.owner), tokenize(cell.scope));
  const scored = ports.flatMap((a) =>
    cells.flatMap((b) => (fits(a, b) ? [{ a, b, score: nameSimilarity(wordsOf(a.owner), wordsOf(b.scope)) }] : [])),
  );
  const pairs: [PortCell, OriginalCell][] = mutualBest(scored.filter(({ score }) => score > 0)).map(({ a, b }) => [
    a,
    b,
  ]);
  const done = (one: PortCell | OriginalCell): boolean => pairs.some((pair) => pair.some((other) => other === one));
  for (const port of ports) {
    if (done(port)) continue;
    const alike = ports.filter((other) => !done(other) && interchangeable(port, other));
    const free = cells.filter((cell) => !done(cell) && fits(port, cell));
    // In order, when there are as many on either side.
    const cell = free[0];
    if (cell !== undefined && free.length === alike.length) pairs.push([port, cell]);
  }
  return pairs;
}

/** Numbers are left out: Keras counts layers from none (`lstm`, `lstm_1`), ports from 0 or 1. Their order tells more. */
function wordsOf(name: string): Token[] {
  return withoutWrappers(tokenize(name)).filter((token) => typeof token === "string");
}

/** Cells of one kind, size and direction that names do not tell apart. */
function interchangeable(a: PortCell, b: PortCell): boolean {
  const alike = a.kind === b.kind && a.inputs === b.inputs && a.hidden === b.hidden && a.reverse === b.reverse;
  return alike && !namesContradict(tokenize(a.owner), tokenize(b.owner));
}

function deriveCell(port: PortCell, cell: OriginalCell, evidence: RecurrentEvidenceOf): DerivedAssignment[] {
  // Kernels written as the original has them find their variables by name; only one for both has to be cut.
  if (port.transposed && cell.format !== "joined") return [];
  if (cell.format === "gru") return deriveJoinedGru(port, cell);
  const found = evidence(cell.kernel.key) ?? usualEvidence(cell);
  const order = PORT_GATES[cell.kind].map((gate, i) =>
    port.transposed
      ? i
      : found.gates.findIndex((name) => (GATE_NAMES[name] ?? name) === gate || (cell.kind === "rnn" && name === "h")),
  );
  if (order.includes(-1)) return [];
  const { inputs, hidden } = cell;
  const columns = order.length * hidden;
  const gates = order.every((from, i) => from === i) ? "" : ` gates ${PORT_GATES[cell.kind].join(",")}`;
  const recurrent = cell.recurrent ?? cell.kernel;
  const joined = cell.format === "joined";
  const weight = (source: ReferenceVariable, start: number, rows: number, range: string): DerivedVariable => {
    const whole: Recipe = { kind: "variable", key: source.key };
    const part: Recipe = joined ? { kind: "slice", of: whole, axis: 0, start, length: rows } : whole;
    return {
      key: `${source.key}${range}${gates}`,
      shape: [rows, columns],
      parts: [source.key],
      recipe: reorder(part, 1, order, hidden),
    };
  };
  const ih = weight(cell.kernel, 0, inputs, joined ? `[:${inputs}]` : "");
  const hh = weight(recurrent, inputs, hidden, joined ? `[${inputs}:]` : "");
  const before =
    found.resetAfter === undefined || found.resetAfter === null ? cell.bias?.shape.length === 1 : !found.resetAfter;
  const notConvertible = cell.kind === "gru" && before && !port.byHand ? RESET_BEFORE : null;
  return [
    assign(port.names.ih, ih, null, notConvertible),
    assign(port.names.hh, hh, null, notConvertible),
    ...deriveBiases(port, cell, order, gates, port.transposed ? 0 : (found.forgetBias ?? 0), notConvertible),
  ];
}

function usualEvidence(cell: OriginalCell): RecurrentEvidence {
  if (cell.format === "keras") return { gates: KERAS[cell.kind], forgetBias: null };
  if (cell.kind === "rnn") return { gates: KERAS.rnn, forgetBias: null };
  // The cells that stand for cuDNN's add nothing (CudnnCompatibleLSTMCell: forget_bias=0).
  return /cudnn/i.test(cell.scope) ? { ...JOINED_LSTM, forgetBias: 0 } : JOINED_LSTM;
}

/** Blocks of an axis in another order: block i of the result is block `order[i]`. */
function reorder(of: Recipe, axis: number, order: readonly number[], length: number): Recipe {
  if (order.every((from, i) => from === i)) return of;
  return {
    kind: "concat",
    axis,
    of: order.map((from) => ({ kind: "slice", of, axis, start: from * length, length })),
  };
}

function deriveBiases(
  port: PortCell,
  cell: OriginalCell,
  order: readonly number[],
  gates: string,
  forgetBias: number,
  notConvertible: string | null,
): DerivedAssignment[] {
  const { biasIh, biasHh, bias: only } = port.names;
  if (cell.bias === null || (only === null && (biasIh === null || biasHh === null))) return [];
  const { hidden, bias } = cell;
  const size = order.length * hidden;
  const stored: Recipe = { kind: "variable", key: bias.key };
  const parts = [bias.key];
  if (bias.shape.length === 2)
    return biasIh === null || biasHh === null ? [] : deriveTwoBiases(biasIh, biasHh, cell, bias, order, gates);
  const moved = reorder(stored, 0, order, hidden);
  const forget = PORT_GATES.lstm.indexOf("f") * hidden;
  const raised: Recipe =
    forgetBias === 0 ? moved : { kind: "raise", of: moved, start: forget, length: hidden, by: forgetBias };
  const added = forgetBias === 0 ? "" : ` ${forgetBias < 0 ? "−" : "+"}${Math.abs(forgetBias)} on f`;
  const wanted: DerivedVariable = { key: `${bias.key}${gates}${added}`, shape: [size], parts, recipe: raised };
  if (biasIh === null || biasHh === null) return only === null ? [] : [assign(only, wanted, null, notConvertible)];
  return [
    assign(biasIh, wanted, { with: biasHh, elements: size, carries: true }, notConvertible),
    assign(biasHh, nothing(bias.key, biasIh, size), { with: biasIh, elements: size, carries: false }, notConvertible),
  ];
}

/** Keras' GRU with reset_after: biases of input and state, of which only n's are apart in the formula of nn.GRU. */
function deriveTwoBiases(
  biasIh: string,
  biasHh: string,
  cell: OriginalCell,
  bias: ReferenceVariable,
  order: readonly number[],
  gates: string,
): DerivedAssignment[] {
  const { hidden } = cell;
  const size = order.length * hidden;
  const row = (index: number): Recipe =>
    reorder(
      {
        kind: "reshape",
        of: { kind: "slice", of: { kind: "variable", key: bias.key }, axis: 0, start: index, length: 1 },
        shape: [size],
      },
      0,
      order,
      hidden,
    );
  // An LSTM has no gate whose two biases are apart; nn.GRU has n, the last one.
  const shared = cell.kind === "gru" ? size - hidden : size;
  const cut = (of: Recipe, start: number, length: number): Recipe => ({ kind: "slice", of, axis: 0, start, length });
  const sum: Recipe = { kind: "sum", of: [cut(row(0), 0, shared), cut(row(1), 0, shared)] };
  const own = (index: number): Recipe[] => (shared === size ? [] : [cut(row(index), shared, size - shared)]);
  const parts = [bias.key];
  return [
    assign(
      biasIh,
      {
        key: `${bias.key}[0]${gates}`,
        shape: [size],
        parts,
        recipe: { kind: "concat", axis: 0, of: [sum, ...own(0)] },
      },
      { with: biasHh, elements: shared, carries: true },
      null,
    ),
    assign(
      biasHh,
      {
        key: `${bias.key}[1]${gates}`,
        shape: [size],
        parts,
        recipe: { kind: "concat", axis: 0, of: [{ kind: "zeros", shape: [shared] }, ...own(1)] },
      },
      { with: biasIh, elements: shared, carries: false },
      null,
    ),
  ];
}

/** TF1's GRUCell: `gates` holds r and u, `candidate` the new state's weights. */
function deriveJoinedGru(port: PortCell, cell: OriginalCell): DerivedAssignment[] {
  const { inputs, hidden, candidate } = cell;
  if (candidate === null) return [];
  const notConvertible = port.byHand ? null : RESET_BEFORE;
  const parts = [cell.kernel.key, candidate.kernel.key];
  const rows = (key: string, start: number, length: number): Recipe => ({
    kind: "slice",
    of: { kind: "variable", key },
    axis: 0,
    start,
    length,
  });
  const weight = (start: number, length: number, range: string): DerivedVariable => ({
    key: `{${cell.kernel.key}, ${candidate.kernel.key}}${range} gates r,z,n`,
    shape: [length, 3 * hidden],
    parts,
    recipe: {
      kind: "concat",
      axis: 1,
      of: [rows(cell.kernel.key, start, length), rows(candidate.kernel.key, start, length)],
    },
  });
  const found = [
    assign(port.names.ih, weight(0, inputs, `[:${inputs}]`), null, notConvertible),
    assign(port.names.hh, weight(inputs, hidden, `[${inputs}:]`), null, notConvertible),
  ];
  const { biasIh, biasHh } = port.names;
  if (cell.bias === null || candidate.bias === null || biasIh === null || biasHh === null) return found;
  const [gates, other] = [cell.bias.key, candidate.bias.key];
  const wanted: DerivedVariable = {
    key: `{${gates}, ${other}} gates r,z,n`,
    shape: [3 * hidden],
    parts: [gates, other],
    recipe: {
      kind: "concat",
      axis: 0,
      of: [
        { kind: "variable", key: gates },
        { kind: "variable", key: other },
      ],
    },
  };
  return [
    ...found,
    assign(biasIh, wanted, { with: biasHh, elements: 2 * hidden, carries: true }, notConvertible),
    assign(
      biasHh,
      nothing(other, biasIh, 3 * hidden),
      { with: biasIh, elements: 2 * hidden, carries: false },
      notConvertible,
    ),
  ];
}

function nothing(key: string, partner: string, size: number): DerivedVariable {
  return {
    key: `0 (${key} is in ${partner})`,
    shape: [size],
    parts: [],
    recipe: { kind: "zeros", shape: [size] },
  };
}

/** A variable that is taken as it is keeps its own key, and is no derived one. */
function assign(
  parameter: string,
  derived: DerivedVariable,
  shared: SharedSum | null,
  notConvertible: string | null,
): DerivedAssignment {
  const plain = derived.recipe.kind === "variable";
  return { parameter, key: derived.key, derived: plain ? null : derived, shared, notConvertible };
}
