import { originalOps, patternsOf } from "../look.js";
import type { Situation } from "../situation.js";
import type { FactorRole } from "./factor-sites.js";
import { opsAfter } from "./original-flow.js";

export interface OriginalFactor {
  readonly value: number;
  readonly node: string;
  readonly role: FactorRole;
}

/** Constants by which the original multiplies, with what they multiply. */
export function originalFactors(situation: Situation): OriginalFactor[] {
  const lookups = new Set([
    ...patternsOf(situation, "lookup").map((one) => one.output),
    ...originalOps(situation, "GatherV2", "ResourceGather", "Gather").flatMap((op) => op.outputs),
  ]);
  return patternsOf(situation, "scale").map(({ factor, input, output }) => {
    const after = opsAfter(situation, output, 6);
    const scores = after.includes("Softmax");
    const role: FactorRole =
      lookups.has(input) || isLookedUp(situation, input) ? "embedding" : scores ? "attention" : "other";
    return { value: factor.value, node: factor.node, role };
  });
}

function isLookedUp(situation: Situation, tensor: string): boolean {
  const node = tensor.replace(/:\d+$/, "");
  const maker = situation.original.region.ops.find((op) => op.node === node);
  if (maker === undefined) return false;
  if (/Gather/.test(maker.op)) return true;
  return /^(Identity|Reshape|Squeeze|Cast)$/.test(maker.op) && isLookedUp(situation, maker.inputs[0] ?? "");
}
