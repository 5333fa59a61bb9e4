import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerResult, LedgerVerdict } from "../../report/ledger/types.js";
import { weighParameters } from "../weigh.js";
import { judgeRows } from "./judge-rows.js";
import { openCandidateWeights } from "./open-candidate-weights.js";
import { openOriginalWeights } from "./open-original-weights.js";
import { isOrderUnknown } from "./order-unknown.js";

export interface LedgerOptions {
  readonly map?: Readonly<Record<string, string>>;
  /** What has no partner is listed, and does not fail. */
  readonly allowMissing?: boolean;
  readonly python?: string | null;
  /** For building the candidate; seconds. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/**
 * The conversion ledger of two sets of weights, without running either model: which parameter comes from which variable, in which order of
 * axes, and whether its values are equal. The candidate is a file of weights, or `file.py:callable`; a built module tells how
 * each of its parameters has to lie, a file does not. Tensors are streamed. Errors as `openTensorFile` and as the candidate's.
 */
export async function weighLedger(
  referencePath: string,
  candidatePath: string,
  options: LedgerOptions = {},
): Promise<LedgerResult> {
  const { map = {}, allowMissing = false, python = null, timeout = 600 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  try {
    const original = await openOriginalWeights(referencePath);
    try {
      const live = { python, timeoutMs: timeout * 1000, signal, scratch, map };
      const candidate = await openCandidateWeights(candidatePath, original, live);
      try {
        const { file: checkpoint, keys, evidence, norms } = original;
        const { file, description, proven } = candidate;
        const weighed = await weighParameters({
          description,
          candidate: file,
          checkpoint,
          keys,
          map,
          ...(proven === undefined ? {} : { proven }),
          ...(evidence === undefined ? {} : { evidence }),
          ...(norms === undefined ? {} : { norms }),
        });
        const rows = judgeRows({ weighed, description, reference: checkpoint, candidate: file, keys });
        const counts = countVerdicts(rows.map((row) => row.verdict));
        return {
          schemaVersion: 1,
          reference: referencePath,
          candidate: candidatePath,
          live: candidate.live,
          exitCode: decide(counts, allowMissing),
          counts,
          orderUnknown: rows.filter(isOrderUnknown).flatMap((row) => row.candidate ?? []),
          setApart: original.setApart,
          rows,
        };
      } finally {
        await candidate.close();
      }
    } finally {
      original.file.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function countVerdicts(verdicts: readonly LedgerVerdict[]): LedgerResult["counts"] {
  const counts = { equal: 0, suspect: 0, differs: 0, unassigned: 0, "left-out": 0 };
  for (const verdict of verdicts) counts[verdict] += 1;
  return counts;
}

/** 1: something is wrong or has no partner; 2: nothing was compared, or an order of axes is in doubt. */
function decide(counts: LedgerResult["counts"], allowMissing: boolean): LedgerResult["exitCode"] {
  if (counts.differs > 0 || (counts.unassigned > 0 && !allowMissing))
    return counts.equal + counts.differs + counts.suspect === 0 ? 2 : 1;
  return counts.suspect > 0 || counts.equal === 0 ? 2 : 0;
}
