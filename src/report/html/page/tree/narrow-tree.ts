import type { TreeNode } from "./types.js";

/** The tree with only the nodes that are wanted and what leads to them; null when none is. Pure. */
export function narrowTree(node: TreeNode, wanted: (node: TreeNode) => boolean): TreeNode | null {
  const children = node.children.map((child) => narrowTree(child, wanted)).filter((child) => child !== null);
  return children.length > 0 || wanted(node) ? { ...node, children } : null;
}
