import { formatBytes } from "../report/format-bytes.js";
import { formatCount, formatInteger } from "../report/format-number.js";
import { printable } from "../report/printable.js";
import { padRight, widthOf, wrapPieces, wrapText } from "../report/terminal/fit-text.js";
import { createPaint, type Paint } from "../report/terminal/paint.js";
import { buildTree } from "./build-tree.js";
import { renderTree } from "./render-tree.js";
import type { GraphEnd, GraphFacts, Inspection, VariableKind } from "./types.js";

export interface InspectionView {
  readonly color: boolean;
  readonly width: number;
  readonly depth: number | null;
  readonly full: boolean;
}

/** Kinds of ops that are listed; the rest are counted. */
const SHOWN_OPS = 16;
const SHOWN_SETTINGS = 16;

/** What a model is made of, for the terminal. A newline at the end. */
export function renderInspection(inspection: Inspection, view: InspectionView): string {
  const paint = createPaint(view.color);
  const { amounts, variables, path, format } = inspection;
  const bytes = Object.values(amounts).reduce((sum, one) => sum + one.bytes, 0);
  const types = countTypes(inspection);
  const [usualType = "float32"] = types;
  const told = variables.filter((one) => one.kind === "parameter" || one.kind === "statistic");
  const { elements, tensors } = amounts.parameter;
  const head = [
    paint.strong(printable(path)),
    format,
    `${paint.strong(formatCount(elements, "parameter"))} in ${formatCount(tensors, "tensor")}`,
    types.join(", "),
    formatBytes(bytes),
  ].filter((text) => text !== "");
  const lines = [head.join(" · "), ""];
  const tree = renderTree(buildTree(told), { ...view, paint, usualType });
  if (tree.length > 0) lines.push(...tree, "");
  const label = labeller(paint, view.width);
  lines.push(...apartLines(inspection, label), ...tiedLines(inspection, label));
  if (lines.at(-1) !== "") lines.push("");
  if (inspection.graph !== null) lines.push(...graphLines(inspection.graph, label));
  for (const { file, values } of inspection.settings) lines.push(...label("settings", settingsOf(file, values)));
  for (const { file, entries, bytes: size } of inspection.vocabulary) {
    const count = entries === null ? "" : `  ${formatCount(entries, "entry", "entries")}`;
    lines.push(...label("vocabulary", [`${printable(file)}${count}  ${formatBytes(size)}`]));
  }
  for (const { name, dtype } of inspection.unread) {
    lines.push(...label("not read", [`${printable(name)}  ${printable(dtype)}`]));
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

type Label = (name: string, pieces: readonly string[]) => string[];

/** Lines under a name on the left; pieces stay whole and are joined by dots. */
function labeller(paint: Paint, width: number): Label {
  const indent = 14;
  let before = "";
  return (name, pieces) => {
    const lines = wrapPieces(pieces, " · ", width, indent, indent);
    const shown = name === before ? "" : name;
    before = name;
    return lines.map((line, i) =>
      i === 0 ? `  ${paint.quiet(padRight(shown, indent - 2))}${line.trimStart()}` : line,
    );
  };
}

/** Types of the parameters, that of the most elements first. */
function countTypes({ variables }: Inspection): string[] {
  const counts = new Map<string, number>();
  for (const { kind, dtype, elements } of variables) {
    if (kind === "parameter") counts.set(dtype, (counts.get(dtype) ?? 0) + elements);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([dtype]) => dtype);
}

const APART: readonly (readonly [VariableKind, string])[] = [
  ["statistic", "statistics of batch norms, used but not trained"],
  ["slot", "an optimizer's slots"],
  ["average", "moving averages of parameters"],
  ["bookkeeping", "bookkeeping of training"],
];

function apartLines({ amounts, variables }: Inspection, label: Label): string[] {
  return APART.flatMap(([kind, what]) => {
    const { tensors, bytes } = amounts[kind];
    if (tensors === 0) return [];
    const names = variables.filter((one) => one.kind === kind).map((one) => printable(one.name));
    const some = names.length === 1 ? (names[0] ?? "") : `${names[0]}, …`;
    return label("not counted", [`${what}: ${formatInteger(tensors)}, ${formatBytes(bytes)}`, some]);
  });
}

function tiedLines({ tied }: Inspection, label: Label): string[] {
  return tied.flatMap((names) => label("tied", [names.map(printable).join(" = ")]));
}

function graphLines(graph: GraphFacts, label: Label): string[] {
  const writer = graph.writtenBy === null ? [] : [`written by ${printable(graph.writtenBy)}`];
  const lines = [...label("graph", [printable(graph.file), ...writer, `${formatCount(graph.total, "op")} in all`])];
  for (const { name, inputs, outputs } of graph.signatures) {
    if (name !== "") lines.push(...label("signature", [printable(name)]));
    for (const end of inputs) lines.push(...label("input", [describeEnd(end)]));
    for (const end of outputs) lines.push(...label("output", [describeEnd(end)]));
  }
  const shown = graph.ops.slice(0, SHOWN_OPS).map(({ op, count }) => `${printable(op)} ${formatInteger(count)}`);
  const rest = graph.ops.length - shown.length;
  const where = graph.opsOf === "forward pass" ? "forward ops" : "ops";
  if (shown.length > 0) lines.push(...label(where, rest > 0 ? [...shown, `${rest} kinds more`] : shown));
  if (graph.note !== null) {
    for (const line of wrapText(printable(graph.note), 96, 0)) lines.push(...label("note", [line]));
  }
  lines.push("");
  return lines;
}

/** Sizes that a run decides are `?`. */
function describeEnd({ name, dtype, shape }: GraphEnd): string {
  const sizes =
    shape === null ? "of any shape" : shape.length === 0 ? "scalar" : shape.map((size) => size ?? "?").join("×");
  return `${printable(name)}  ${dtype} ${sizes}`;
}

function settingsOf(file: string, values: Readonly<Record<string, unknown>>): string[] {
  const plain = Object.entries(values).filter(([, value]) => value !== null && typeof value !== "object");
  const shown = plain.slice(0, SHOWN_SETTINGS).map(([key, value]) => printable(`${key} ${String(value)}`));
  const rest = Object.keys(values).length - shown.length;
  const pieces = rest > 0 && shown.length > 0 ? [...shown, `${rest} more`] : shown;
  const [first, ...others] = pieces;
  const name = printable(file);
  return first === undefined
    ? [name]
    : [`${name}  ${first}`, ...others].map((text) => (widthOf(text) > 60 ? `${text.slice(0, 59)}…` : text));
}
