import type { InspectedVariable } from "./types.js";

/** A scope, or a variable where `variable` is there. */
export interface ScopeNode {
  readonly name: string;
  readonly variable: InspectedVariable | null;
  readonly children: readonly ScopeNode[];
  /** Those of parameters, all that it holds included. */
  readonly elements: number;
}

interface Growing {
  readonly name: string;
  variable: InspectedVariable | null;
  readonly children: Map<string, Growing>;
}

/** Variables as the tree of scopes that their names state, in the order of the file, numbered siblings in that of their numbers. */
export function buildTree(variables: readonly InspectedVariable[]): ScopeNode {
  const root: Growing = { name: "", variable: null, children: new Map() };
  const separator = separatorOf(variables.map((one) => one.name));
  for (const variable of variables) {
    let node = root;
    for (const part of variable.name.split(separator)) {
      const next = node.children.get(part) ?? { name: part, variable: null, children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    node.variable = variable;
  }
  return settle(root);
}

/** Slashes part TensorFlow's and Keras' names, which may have dots in them; dots part those of PyTorch. */
function separatorOf(names: readonly string[]): string {
  return names.some((name) => name.includes("/")) ? "/" : ".";
}

function settle(node: Growing): ScopeNode {
  const children = inOrder([...node.children.values()]).map(settle);
  const own = node.variable?.kind === "parameter" ? node.variable.elements : 0;
  const elements = children.reduce((sum, child) => sum + child.elements, own);
  return { name: node.name, variable: node.variable, children, elements };
}

/** Checkpoints list `h10` before `h2`. Siblings of one stem are put where the first of them stands. */
function inOrder(nodes: readonly Growing[]): Growing[] {
  const groups = new Map<string, Growing[]>();
  for (const node of nodes) {
    const { stem } = numbered(node.name);
    groups.set(stem, [...(groups.get(stem) ?? []), node]);
  }
  return [...groups.values()].flatMap((group) =>
    group.sort((a, b) => (numbered(a.name).number ?? -1) - (numbered(b.name).number ?? -1)),
  );
}

/** `layer_11` → stem `layer_#`, number 11; a name without a number is its own stem. */
export function numbered(name: string): { readonly stem: string; readonly number: number | null } {
  const match = /^(\D*)(\d{1,9})(\D*)$/.exec(name);
  if (match === null) return { stem: name, number: null };
  return { stem: `${match[1]}#${match[3]}`, number: Number(match[2]) };
}
