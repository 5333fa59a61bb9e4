import type { CheckResult } from "../../../types.js";
import { worstVerdict } from "../verdict-order.js";
import { splitPath } from "./split-path.js";
import type { TreeNode } from "./types.js";

/** A node while the tree grows. */
interface Growing {
  readonly name: string;
  readonly path: string;
  own: TreeNode["own"];
  alone: TreeNode["alone"];
  reference: string | null;
  readonly children: Map<string, Growing>;
}

/**
 * The candidate's modules as a tree, with the pairs that they have. Taps without a partner stand in it too: those of the
 * candidate by their path, those of the reference in the module that corresponds to the innermost scope around them. Pure.
 */
export function buildTree(result: Pick<CheckResult, "pairs" | "unmatched">): TreeNode {
  const root = grow("", "");
  result.pairs.forEach((pair, at) => {
    descend(root, splitPath(pair.id)).own = { pair, at };
  });
  findScopes(root);
  for (const tap of result.unmatched.candidate) {
    descend(root, splitPath(tap.id)).alone = { side: "candidate", why: tap.why, isOutput: tap.isOutput };
  }
  for (const tap of result.unmatched.reference) {
    const holder = innermost(root, tap.id);
    const inside = holds(holder, tap.id) ? tap.id.slice((holder.reference?.length ?? 0) + 1) : tap.id;
    // The space keeps it apart from a module of the same name.
    const path = `${holder.path} ${tap.id}`;
    const node = grow(inside, path);
    node.reference = tap.id;
    node.alone = { side: "reference", why: tap.why, isOutput: tap.isOutput };
    holder.children.set(path, node);
  }
  return settle(root);
}

function grow(name: string, path: string): Growing {
  return { name, path, own: null, alone: null, reference: null, children: new Map() };
}

function descend(root: Growing, parts: readonly string[]): Growing {
  let node = root;
  for (const part of parts) {
    const found = node.children.get(part);
    const next = found ?? grow(part, node.path === "" ? part : `${node.path}.${part}`);
    if (found === undefined) node.children.set(part, next);
    node = next;
  }
  return node;
}

/** A node corresponds to its own pair's scope, else to the path that all scopes inside it begin with. */
function findScopes(node: Growing): string | null {
  const inside = [...node.children.values()].map(findScopes).filter((scope) => scope !== null);
  const own = node.own?.pair.reference.name ?? null;
  node.reference = own ?? commonScope(inside);
  return node.reference;
}

function commonScope(scopes: readonly string[]): string | null {
  const [first, ...others] = scopes.map((scope) => scope.split("/"));
  if (first === undefined) return null;
  const shared = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  const parts = shared === -1 ? first : first.slice(0, shared);
  return parts.length === 0 ? null : parts.join("/");
}

/** The node with the longest scope that holds the tap. A scope that no node has leaves it at the top. */
function innermost(root: Growing, tap: string): Growing {
  let best = root;
  const visit = (node: Growing) => {
    const scope = node.reference?.length ?? 0;
    if (holds(node, tap) && (best === root || scope > (best.reference?.length ?? 0))) best = node;
    for (const child of node.children.values()) visit(child);
  };
  visit(root);
  return best;
}

function holds(node: Growing, tap: string): boolean {
  return node.reference !== null && tap.startsWith(`${node.reference}/`);
}

function settle(node: Growing): TreeNode {
  const children = [...node.children.values()].map(settle);
  const own = node.own?.pair.verdict ?? null;
  const sum = (of: (child: TreeNode) => number) => children.reduce((total, child) => total + of(child), 0);
  return {
    name: node.name,
    path: node.path,
    own: node.own,
    reference: node.reference,
    alone: node.alone,
    children,
    worst: worstVerdict([own, ...children.map((child) => child.worst)]),
    pairs: (own === null ? 0 : 1) + sum((child) => child.pairs),
    wrong: (own === "mismatch" ? 1 : 0) + sum((child) => child.wrong),
  };
}
