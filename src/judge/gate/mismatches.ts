import type { GateCheck, LevelledPair } from "./types.js";

/** A check for every mismatch that is not waived: `warn` is told, `error` fails, `off` is not looked at. */
export function checkMismatches(pairs: readonly LevelledPair[], waived: ReadonlySet<string>): GateCheck[] {
  const wrong = pairs.filter(
    ({ pair, level }) => pair.verdict === "mismatch" && level !== "off" && !waived.has(pair.id),
  );
  return wrong.map(({ pair, level, from }) => ({
    id: "mismatch",
    outcome: level === "warn" ? "warn" : "fail",
    message: `${pair.id} differs: ${pair.run} ${pair.told}${level === "warn" ? `, a warning by ${from}` : ""}`,
    hint: level === "warn" ? null : "Mend it, or accept it for a while with a waiver.",
    pair: pair.id,
  }));
}
