import { explainBlindness, NOTHING_COMPARED } from "./decide-verdict.js";
import type { GateCheck, GateFacts, LevelledPair } from "./types.js";

/** A gate that compared nothing, or not the outputs, does not pass, whatever else is configured. */
export function checkCompared(facts: GateFacts, pairs: readonly LevelledPair[]): GateCheck {
  const check = (outcome: GateCheck["outcome"], message: string, hint: string | null = null): GateCheck => ({
    id: "compared",
    outcome,
    message,
    hint,
    pair: null,
  });
  const compared = pairs.filter(({ pair }) => pair.verdict !== "not-compared");
  if (compared.length === 0) return check("could-not-judge", NOTHING_COMPARED);
  if (compared.every(({ level }) => level === "off"))
    return check(
      "could-not-judge",
      'nothing was judged: every tap that was compared has the level "off"',
      'Set "warn" or "error" in levels for what the gate is to watch.',
    );
  const blind = explainBlindness(facts);
  if (blind !== null) return check("could-not-judge", blind);
  const outputs = compared.filter(({ pair }) => pair.isOutput).length;
  return check(
    "pass",
    `${compared.length} taps compared, ${outputs} ${outputs === 1 ? "output" : "outputs"} among them`,
  );
}
