import type { PairVerdict } from "../../../../judge/types.js";
import { isBlock } from "./list-rows.js";
import type { Block, TreeNode } from "./types.js";

/** The name of a row: its own, or those of the first and last block. */
export function nameOf(item: TreeNode | Block): string {
  if (!isBlock(item)) return item.name;
  return `${item.nodes[0]?.name ?? ""} … ${item.nodes.at(-1)?.name ?? ""}`;
}

/** Worst verdict in a row. Blocks are put together only where nothing in them is wrong: the first speaks for all. */
export function worstOf(item: TreeNode | Block): PairVerdict | null {
  if (!isBlock(item)) return item.worst;
  return item.nodes.some((node) => node.worst === "within-tolerance")
    ? "within-tolerance"
    : item.nodes.some((node) => node.worst === "within-noise")
      ? "within-noise"
      : (item.nodes[0]?.worst ?? null);
}

/** What a row holds, in figures: `12 blocks`, `2 ✗`; empty where its own name says it all. */
export function countOf(item: TreeNode | Block): string {
  if (isBlock(item)) return `${item.nodes.length} blocks`;
  if (item.wrong > 0 && item.pairs > 1) return `${item.wrong} ✗`;
  return "";
}
