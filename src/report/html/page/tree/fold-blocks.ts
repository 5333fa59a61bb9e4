import type { Block, TreeNode } from "./types.js";

/**
 * Children with healthy blocks that repeat put together: `0 … 11` is one entry as long as nothing in it is wrong and all are
 * made alike. One that differs stands alone between the others. Pure.
 */
export function foldBlocks(children: readonly TreeNode[]): (TreeNode | Block)[] {
  const rows: (TreeNode | Block)[] = [];
  let run: TreeNode[] = [];
  const flush = () => {
    const [first] = run;
    if (first !== undefined) rows.push(run.length === 1 ? first : { path: `${first.path} …`, nodes: run });
    run = [];
  };
  for (const child of children) {
    const [first] = run;
    if (!repeats(child) || (first !== undefined && makeOf(first) !== makeOf(child))) flush();
    if (repeats(child)) run.push(child);
    else rows.push(child);
  }
  flush();
  return rows;
}

/** Blocks are numbered; one that is wrong, or not wholly known, must be seen. */
function repeats(node: TreeNode): boolean {
  const healthy = node.worst !== "mismatch" && node.worst !== "not-compared";
  return /^\d+$/.test(node.name) && healthy && node.alone === null;
}

/** What a node is made of: names and classes of all it holds, without its own number and without taps that are the original's. */
function makeOf(node: TreeNode): string {
  const inside = node.children
    .filter((child) => child.alone?.side !== "reference")
    .map((child) => child.name + makeOf(child));
  return `<${node.own?.pair.candidate.type ?? ""}${inside.join(",")}>`;
}
