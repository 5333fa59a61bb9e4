import type { WeightFact } from "../types.js";
import type { SeenWeight } from "../weight-causes.js";

/** The square kernels of a cell's gates lie side by side, and each was loaded without its transposition. */
export function seeTransposedBlocks(fact: WeightFact): SeenWeight | null {
  const { relation } = fact;
  if (relation?.kind !== "blocks-transposed") return null;
  return {
    cause: "transposed-weight",
    message: `${fact.parameter} holds ${fact.key} with ${describe(relation)} un-transposed: ${fact.moduleType} stores [out, in], the checkpoint [in, out]`,
    evidence: [
      `block by block along axis ${relation.axis} it equals what ${fact.key} gives, transposed`,
      "the blocks are square, so no shape check could notice",
    ],
    prior: 0.9,
  };
}

function describe({ which, count }: { readonly which: readonly number[]; readonly count: number }): string {
  if (which.length === count) return `each of its ${count} square blocks`;
  return `square block${which.length === 1 ? "" : "s"} ${which.map((one) => one + 1).join(", ")} of ${count}`;
}
