import type { ResolvedGate } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { matchesEitherName, mostSpecific, type PairNames } from "../most-specific.js";
import type { GatePair, LevelledPair } from "./types.js";

/** Throws CONFIG_INVALID for a glob that fits none of the names: it is a mistake, and often a rule that is no longer there. */
export function checkLevels(levels: ResolvedGate["levels"], names: readonly PairNames[]): void {
  const idle = levels.find((one) => !names.some((pair) => matchesEitherName(one.glob, pair)));
  if (idle === undefined) return;
  const shown = names
    .slice(0, 3)
    .map(({ candidate, reference }) => (candidate === reference ? candidate : `${candidate} (${reference})`));
  throw new ParityError("CONFIG_INVALID", `levels["${idle.glob}"] matches no tap.`, {
    where: { key: `levels["${idle.glob}"]` },
    hint: `Names are such as ${shown.join(", ")}; * stays within one part of a name, ** crosses parts.`,
  });
}

/** The level of every pair. */
export function resolveLevels(levels: ResolvedGate["levels"], pairs: readonly GatePair[]): LevelledPair[] {
  return pairs.map((pair) => {
    const entry = mostSpecific(levels, pair);
    return entry === undefined
      ? { pair, level: "error", from: "the default" }
      : { pair, level: entry.level, from: `levels["${entry.glob}"]` };
  });
}
