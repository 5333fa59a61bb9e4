import type { JudgedPair } from "./judge-pairs.js";

/** The cases in which no output was compared: one of the sides did not give it there, or in another shape. */
export function findSkippedCases(
  pairs: readonly Pick<JudgedPair, "pair" | "accumulated">[],
  isOutput: (candidateTap: string) => boolean,
  cases: readonly string[],
): string[] {
  const seen = new Set(
    pairs
      .filter(({ pair }) => isOutput(pair.candidate))
      .flatMap(({ accumulated }) => accumulated.filter(({ metrics }) => metrics.count > 0).map((one) => one.case)),
  );
  return cases.filter((id) => !seen.has(id));
}
