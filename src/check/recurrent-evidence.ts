import type { RecurrentEvidenceOf } from "../align/derive-recurrent.js";
import { findRegion } from "../tensorflow/evidence/find-region.js";
import { tensorName } from "../tensorflow/graph.js";
import type { Original } from "../tensorflow/understand-original.js";

/**
 * What the original's graph says about its recurrent cells, by the key of the kernel: the order of the gates and what the
 * cell adds to its forget gate. The graph is read at the first question.
 */
export function recurrentEvidence(original: Original): RecurrentEvidenceOf {
  let cells: ReturnType<typeof readCells> | null = null;
  return (kernel) => {
    cells ??= readCells(original);
    return cells.get(kernel) ?? null;
  };
}

function readCells(original: Original) {
  const found = new Map<string, { gates: readonly string[]; forgetBias: number | null; resetAfter: boolean | null }>();
  for (const output of original.pass.outputs) {
    const region = findRegion(original, tensorName(output), new Set());
    for (const pattern of region.patterns) {
      if (pattern.kind !== "recurrent" || pattern.kernel === null || pattern.gates.length === 0) continue;
      found.set(pattern.kernel, {
        gates: pattern.gates,
        forgetBias: pattern.forgetBias?.value ?? null,
        resetAfter: pattern.resetAfter,
      });
    }
  }
  return found;
}
