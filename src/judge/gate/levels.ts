import type { ResolvedGate } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { matchesEitherName, mostSpecific } from "../most-specific.js";
import type { GatePair, LevelledPair } from "./types.js";

/**
 * The level of every pair. Throws CONFIG_INVALID for a glob that fits no pair: it is a mistake, and often a rule that is no
 * longer there.
 */
export function resolveLevels(levels: ResolvedGate["levels"], pairs: readonly GatePair[]): LevelledPair[] {
  const idle = levels.find((one) => !pairs.some((pair) => matchesEitherName(one.glob, pair)));
  if (idle !== undefined) {
    const names = pairs.slice(0, 3).map((pair) => `${pair.candidate} (${pair.reference})`);
    throw new ParityError("CONFIG_INVALID", `levels["${idle.glob}"] matches no tap.`, {
      where: { key: `levels["${idle.glob}"]` },
      hint: `Names are such as ${names.join(", ")}; * stays within one part of a name, ** crosses parts.`,
    });
  }
  return pairs.map((pair) => {
    const entry = mostSpecific(levels, pair);
    return entry === undefined
      ? { pair, level: "error", from: "the default" }
      : { pair, level: entry.level, from: `levels["${entry.glob}"]` };
  });
}
