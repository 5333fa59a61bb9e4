import type { CheckResult, Verdict } from "../types.js";

type Summary = CheckResult["summary"];

/** What a shard says of the cases that it did not run; gone when all are there. */
export const OTHER_SHARDS = "the cases of the other shards";

const WORSE: readonly Verdict[] = ["parity", "inconclusive", "mismatch"];

/** With all confirmed repairs made: as bad as the worst shard. Null when no shard had anything to repair. */
export function mergeRepairs(results: readonly CheckResult[]): Summary["afterRepairs"] {
  const all = results.flatMap(({ summary }) => summary.afterRepairs ?? []);
  if (all.length === 0) return null;
  return {
    verdict: all.map((one) => one.verdict).reduce((a, b) => (WORSE.indexOf(b) > WORSE.indexOf(a) ? b : a)),
    outputErrorBefore: Math.max(...all.map((one) => one.outputErrorBefore)),
    outputErrorAfter: Math.max(...all.map((one) => one.outputErrorAfter)),
  };
}

/**
 * What no shard covered. A point that one of them does not have is covered by it; the same point with more names here than there
 * is told with the fewest.
 */
export function mergeNotCovered(results: readonly CheckResult[]): string[] {
  const lists = results.map(({ summary }) => summary.notCovered.filter((line) => !line.startsWith(OTHER_SHARDS)));
  const [first = []] = lists;
  return first.flatMap((line) => {
    const all = lists.map(
      (lines) => lines.find((one) => one === line) ?? lines.find((one) => kind(one) === kind(line)),
    );
    if (all.some((one) => one === undefined)) return [];
    return [all.reduce<string>((a, b) => (b !== undefined && b.length < a.length ? b : a), line)];
  });
}

/** The sentence up to the names, with their count left out: `rates in 3 dropouts (a, b, c): …`. */
function kind(line: string): string {
  return (line.split(":")[0] ?? line).replace(/\d+|\(.*\)/g, "");
}

/** All warnings once, and one more where the shards did not run on the same versions. */
export function mergeWarnings(results: readonly CheckResult[]): string[] {
  const names = [...new Set(results.flatMap((result) => Object.keys(result.runtimes)))];
  const differing = names.flatMap((name) => {
    const versions = [...new Set(results.map((result) => result.runtimes[name] ?? "none"))];
    return versions.length < 2 ? [] : [`${name} ${versions.join(" and ")}`];
  });
  return [
    ...new Set(results.flatMap((result) => result.summary.warnings)),
    ...(differing.length === 0 ? [] : [`the shards did not run on the same versions: ${differing.join(", ")}`]),
  ];
}
