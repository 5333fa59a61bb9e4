import type { Hypothesis, WeightFact } from "./types.js";

/** Whether a parameter holds what belongs to its own cell: a variable that its own is made of, or its partner's in a sum. */
export function holdsItsOwn(fact: WeightFact, facts: readonly WeightFact[]): boolean {
  if (fact.equals === null) return false;
  if (fact.derived?.parts.includes(fact.equals) === true) return true;
  const partner = facts.find((one) => one.parameter === fact.shared?.with);
  return partner?.key === fact.equals;
}

/**
 * Of two parameters that are added only the sum is right or wrong: what is said of the one that carries it is repaired in
 * both, and nothing is said of the other beside it.
 */
export function joinShared(hypotheses: readonly Hypothesis[], facts: readonly WeightFact[]): Hypothesis[] {
  const byName = new Map(facts.map((fact) => [fact.parameter, fact]));
  const told = new Set(hypotheses.flatMap((one) => one.parameters));
  return hypotheses.flatMap((hypothesis): Hypothesis[] => {
    const [parameter = ""] = hypothesis.parameters;
    const shared = byName.get(parameter)?.shared;
    const partner = byName.get(shared?.with ?? "");
    if (hypothesis.parameters.length !== 1 || !shared || partner === undefined) return [hypothesis];
    if (!shared.carries) return told.has(shared.with) ? [] : [hypothesis];
    return [
      {
        ...hypothesis,
        parameters: [parameter, partner.parameter],
        repairs: [...hypothesis.repairs, { kind: "load", parameter: partner.parameter, key: partner.key }],
        change: `${hypothesis.change}; ${partner.parameter} from ${partner.key}`,
      },
    ];
  });
}
