import { formatInteger, formatShape } from "../report/format-number.js";
import { printable } from "../report/printable.js";
import { padLeft, padRight, shortenMiddle, widthOf } from "../report/terminal/fit-text.js";
import type { Paint } from "../report/terminal/paint.js";
import type { ScopeNode } from "./build-tree.js";
import { type Block, foldBlocks } from "./fold-tree.js";

export interface TreeOptions {
  readonly paint: Paint;
  readonly width: number;
  /** Levels that are shown; all where null. */
  readonly depth: number | null;
  readonly full: boolean;
  /** The type that goes without saying. */
  readonly usualType: string;
}

/** Variables that stand in the line of their scope; more get a line each. */
const MOST_IN_LINE = 4;

interface Row {
  readonly indent: number;
  readonly name: string;
  readonly times: string;
  readonly what: string;
  readonly count: string;
}

/** The tree as lines: scopes with what they hold and their number of elements, repeated blocks folded. */
export function renderTree(root: ScopeNode, options: TreeOptions): string[] {
  const rows: Row[] = [];
  addRows(root.children, 0, options, rows);
  const left = rows.map((row) => `${" ".repeat(row.indent * 2)}${row.name}${row.times}`);
  const names = Math.min(Math.max(0, ...left.map(widthOf)), Math.floor(options.width / 2));
  const counts = Math.max(0, ...rows.map((row) => widthOf(row.count)));
  const whats = Math.max(0, ...rows.map((row) => widthOf(row.what)));
  const room = Math.max(8, Math.min(whats, options.width - names - counts - 6));
  const { paint } = options;
  return rows.map((row, i) => {
    const text = padRight(shortenMiddle(left[i] ?? "", names), names);
    const shown = row.times === "" ? text : text.replace(row.times, paint.place(row.times));
    const what = padRight(shortenMiddle(row.what, room), room);
    return `  ${shown}  ${paint.quiet(what)}  ${padLeft(row.count, counts)}`.trimEnd();
  });
}

function addRows(children: readonly ScopeNode[], indent: number, options: TreeOptions, rows: Row[]): void {
  for (const block of foldBlocks(children, options.full)) {
    const { node, name } = joinNames(block);
    const leaves = node.children.filter((child) => child.children.length === 0);
    const inLine = leaves.length === node.children.length && leaves.length <= MOST_IN_LINE;
    const own = node.variable === null ? [] : [describeVariable(node, "", options)];
    const what = inLine ? [...own, ...leaves.map((leaf) => describeVariable(leaf, leaf.name, options))] : own;
    const cut = options.depth !== null && indent + 1 >= options.depth && node.children.length > 0 && !inLine;
    const inside = cut ? [`${formatInteger(countTensors(node))} tensors`] : [];
    rows.push({
      indent,
      name,
      times: block.count === 1 ? "" : `  ×${block.count}`,
      what: [...what, ...inside].join(" · "),
      count: `${formatInteger(node.elements)}${block.count === 1 ? "" : " each"}`,
    });
    if (!inLine && !cut) addRows(node.children, indent + 1, options, rows);
  }
}

/** A scope that holds one scope and nothing else is one line: `model/decoder`. */
function joinNames({ first, last, count }: Block): { readonly node: ScopeNode; readonly name: string } {
  let node = first;
  const others = count === 1 ? "" : `${count === 2 ? ", " : " … "}${printable(last.name)}`;
  let name = `${printable(first.name)}${others}`;
  while (count === 1 && node.variable === null && node.children.length === 1) {
    const [only] = node.children;
    if (only === undefined || only.children.length === 0) break;
    node = only;
    name += `/${printable(only.name)}`;
  }
  return { node, name };
}

function describeVariable(node: ScopeNode, name: string, { usualType }: TreeOptions): string {
  const { variable } = node;
  if (variable === null) return name;
  const type = variable.dtype === usualType ? "" : ` ${variable.dtype}`;
  const shape = variable.shape.includes(0) ? `${formatShape(variable.shape)} (empty)` : formatShape(variable.shape);
  return `${name === "" ? "" : `${printable(name)} `}${shape}${type}`;
}

function countTensors(node: ScopeNode): number {
  return node.children.reduce((sum, child) => sum + countTensors(child), node.variable === null ? 0 : 1);
}
