import type { Finding } from "../types.js";

/**
 * The findings of all shards without repetition: the same cause in the same places is one, with the experiment in which the error
 * was largest. A fault shows in more layers under some cases than under others, so places that overlap are the same fault. It
 * stays confirmed only when no shard could do no more than suspect it: confirmed means repaired in every case.
 *
 * @param order ids of all pairs in order of execution
 */
export function mergeFindings(shards: readonly (readonly Finding[])[], order: readonly string[]): Finding[] {
  const merged: Finding[] = [];
  for (const finding of shards.flat()) {
    const at = merged.findIndex((one) => isSame(one, finding));
    const known = merged[at];
    if (known === undefined) merged.push(finding);
    else merged[at] = join(known, finding, order);
  }
  const position = (finding: Finding): number => order.indexOf(finding.pair ?? finding.pairs[0] ?? "");
  return merged.sort(
    (a, b) => Number(b.status === "confirmed") - Number(a.status === "confirmed") || position(a) - position(b),
  );
}

function isSame(one: Finding, other: Finding): boolean {
  if (one.cause !== other.cause) return false;
  if (one.parameters.length > 0 || other.parameters.length > 0) return overlap(one.parameters, other.parameters);
  if (one.pairs.length === 0 && other.pairs.length === 0) return one.message === other.message;
  return overlap(one.pairs, other.pairs);
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((name) => others.includes(name));
}

function join(one: Finding, other: Finding, order: readonly string[]): Finding {
  const [main, rest] = errorOf(other) > errorOf(one) ? [other, one] : [one, other];
  const weaker = [main, rest].find((finding) => finding.status === "suspected");
  const pairs = [...new Set([...main.pairs, ...rest.pairs])].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const first = [main, rest].map((finding) => finding.pair).find((pair) => pair !== null && pair === pairs[0]);
  return {
    ...(weaker ?? main),
    pair: first ?? main.pair,
    pairs,
    experiment: joinExperiments(one.experiment, other.experiment, (weaker ?? main).experiment),
    parameters: [...new Set([...main.parameters, ...rest.parameters])],
    evidence: unique([...main.evidence, ...rest.evidence]),
    against: unique([...main.against, ...rest.against]),
  };
}

/** The figures of an experiment are the worst over its cases, so over the shards too. */
function joinExperiments(
  one: Finding["experiment"],
  other: Finding["experiment"],
  shown: Finding["experiment"],
): Finding["experiment"] {
  if (shown === null || one === null || other === null) return shown;
  const floors = [one.floor, other.floor].filter((floor) => floor !== null);
  return {
    ...shown,
    errorBefore: Math.max(one.errorBefore, other.errorBefore),
    errorAfter: Math.max(one.errorAfter, other.errorAfter),
    floor: floors.length === 0 ? null : Math.max(...floors),
  };
}

function errorOf(finding: Finding): number {
  return finding.experiment?.errorBefore ?? 0;
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}
