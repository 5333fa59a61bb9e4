import { foldBlocks } from "./fold-blocks.js";
import type { Block, TreeNode } from "./types.js";

/** One visible row of a tree. */
export interface TreeRow {
  readonly item: TreeNode | Block;
  readonly depth: number;
  /** Whether it holds rows, and whether they are shown; null when there is nothing to unfold. */
  readonly open: boolean | null;
}

/** Whether an item is unfolded when the reader has not said so. */
export type OpenByItself = (item: TreeNode | Block, depth: number) => boolean;

/** The rows that are seen with this state of folding, top to bottom. Pure. */
export function listRows(
  nodes: readonly TreeNode[],
  folded: ReadonlyMap<string, boolean>,
  byItself: OpenByItself,
  depth = 0,
): TreeRow[] {
  return foldBlocks(nodes).flatMap((item) => rowsOf(item, folded, byItself, depth));
}

function rowsOf(
  item: TreeNode | Block,
  folded: ReadonlyMap<string, boolean>,
  byItself: OpenByItself,
  depth: number,
): TreeRow[] {
  const inside = isBlock(item) ? item.nodes : item.children;
  const open = inside.length === 0 ? null : (folded.get(item.path) ?? byItself(item, depth));
  const row: TreeRow = { item, depth, open };
  if (open !== true) return [row];
  // The blocks of an unfolded run stand for themselves.
  const below = isBlock(item)
    ? item.nodes.flatMap((node) => rowsOf(node, folded, byItself, depth + 1))
    : listRows(item.children, folded, byItself, depth + 1);
  return [row, ...below];
}

export function isBlock(item: TreeNode | Block): item is Block {
  return "nodes" in item;
}

/** Below the top only what is short is unfolded by itself. */
const SHORT = 24;

/** What leads to a fault is unfolded, and the top of the model; blocks that are well stay folded. */
export function openFaults(item: TreeNode | Block, depth: number): boolean {
  if (isBlock(item)) return false;
  if (item.wrong > (item.own?.pair.verdict === "mismatch" ? 1 : 0) || depth === 0) return true;
  return depth === 1 && item.own === null && foldBlocks(item.children).length <= SHORT;
}

/** Everything; for a tree that a search has narrowed. */
export function openAll(): boolean {
  return true;
}
