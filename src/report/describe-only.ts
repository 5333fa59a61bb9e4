import { formatCount } from "./format-number.js";
import type { CheckResult, Verdict } from "./types.js";

/** The words of a verdict. */
const WORDS: Readonly<Record<Verdict, string>> = {
  parity: "parity",
  mismatch: "not parity",
  inconclusive: "could not judge",
  flaky: "flaky",
};

/** The verdict in words. Of a check with `--only` it is never parity of the whole. Pure: the page bundles this file. */
export function verdictWords({ verdict, only }: Pick<CheckResult, "verdict" | "only">): string {
  return only !== null && verdict === "parity" ? "what was compared agrees" : WORDS[verdict];
}

/** `--only h.3.** --only ln_f`, as it was typed but for quotes. */
export function onlyOptions(globs: readonly string[]): string {
  return globs.map((glob) => `--only ${glob}`).join(" ");
}

/** `12 pairs`, or `3 of 41 pairs (--only h.3.**)`. */
export function countPairs({ pairs, only }: Pick<CheckResult, "pairs" | "only">): string {
  if (only === null) return formatCount(pairs.length, "pair");
  return `${pairs.length} of ${formatCount(only.of, "pair")} (${onlyOptions(only.globs)})`;
}
