import type { CheckResult, PairResult, Verdict } from "../types.js";

export interface Decision {
  readonly verdict: Verdict;
  readonly reason: string | null;
}

/**
 * The verdict over all shards, decided as one run decides it: nothing compared, then a mismatch, then no output compared, then
 * whatever kept a shard from judging. That something was not compared in one shard counts only if it was not in any.
 */
export function mergeVerdict(
  results: readonly CheckResult[],
  pairs: readonly PairResult[],
  unmatched: CheckResult["unmatched"],
): Decision {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared");
  const unclear = results.filter((result) => result.verdict === "inconclusive" || result.verdict === "flaky");
  const reasonOf = (verdict: Verdict): Decision | null => {
    const found = unclear.find((result) => result.verdict === verdict);
    return found === undefined ? null : { verdict, reason: found.reason };
  };
  if (compared.length === 0)
    return reasonOf("inconclusive") ?? { verdict: "inconclusive", reason: "nothing was compared" };
  const flaky = reasonOf("flaky");
  if (flaky !== null && !results.some((result) => result.verdict === "mismatch")) return flaky;
  if (results.some((result) => result.verdict === "mismatch")) return { verdict: "mismatch", reason: null };
  const outputMissing = unmatched.reference.some((tap) => tap.isOutput);
  const outputCompared = compared.some((pair) => pair.isOutput);
  const inconclusive = reasonOf("inconclusive");
  if (inconclusive !== null && (outputMissing || !outputCompared || !isAboutOutputs(inconclusive))) return inconclusive;
  return { verdict: "parity", reason: null };
}

/** A shard in which an output did not occur; another one may have compared it. */
function isAboutOutputs({ reason }: Decision): boolean {
  return (
    reason !== null && /^(?:nothing was compared|no output was compared|the output .* has no partner)/.test(reason)
  );
}
