import { numbered, type ScopeNode } from "./build-tree.js";

/** Siblings that are made alike, `h0 … h11`; one alone is a block of one. */
export interface Block {
  readonly first: ScopeNode;
  readonly last: ScopeNode;
  readonly count: number;
}

/** Children with runs of equal ones put together: names that differ by a number that grows by one, and the same inside. */
export function foldBlocks(children: readonly ScopeNode[], unfold: boolean): Block[] {
  const blocks: Block[] = [];
  let making: string | null = null;
  for (const child of children) {
    const { stem, number } = numbered(child.name);
    const made = unfold || number === null ? null : `${stem} ${makeOf(child)}`;
    const before = blocks.at(-1);
    const follows = before !== undefined && numbered(before.last.name).number === (number ?? 0) - 1;
    if (before !== undefined && made !== null && made === making && follows) {
      blocks[blocks.length - 1] = { first: before.first, last: child, count: before.count + 1 };
    } else blocks.push({ first: child, last: child, count: 1 });
    making = made;
  }
  return blocks;
}

/** What a node is made of, without its own name. */
function makeOf(node: ScopeNode): string {
  const { variable } = node;
  const own = variable === null ? "" : `${variable.kind}:${variable.dtype}:${variable.shape.join("×")}`;
  return `<${own}${node.children.map((child) => `${child.name}${makeOf(child)}`).join(",")}>`;
}
