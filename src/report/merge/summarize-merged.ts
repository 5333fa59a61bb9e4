import type { PairResult, Verdict } from "../types.js";

/** How often each of `kinds` occurs. */
export function tally<Kind extends string>(kinds: readonly Kind[], found: readonly Kind[]): Record<Kind, number> {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  for (const one of found) counts[one]++;
  return counts;
}

/** The verdict in one sentence, worded as a single run words it. */
export function summarizeMerged(
  verdict: Verdict,
  reason: string | null,
  pairs: readonly PairResult[],
  first: string | null,
): string {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared").length;
  const wrong = pairs.filter((pair) => pair.verdict === "mismatch").length;
  switch (verdict) {
    case "inconclusive":
      return `Could not judge: ${reason ?? "unknown reason"}`;
    case "flaky":
      return `Could not judge, because a side does not repeat itself: ${reason ?? "unknown reason"}`;
    case "parity":
      return `The port computes what the original computes: all ${compared} compared tensors agree.`;
    case "mismatch":
      return `The port does not compute what the original computes: ${wrong} of ${compared} tensors differ by more than rounding, first ${first ?? ""}.`;
  }
}
