import type { Pair } from "../align/types.js";
import { agreesLocally } from "./agrees-locally.js";
import { comparePair, type TwoSides } from "./compare-pairs.js";
import type { Judged } from "./judge-pairs.js";
import { viewReference } from "./reference-view.js";
import type { Sides } from "./run-sides.js";

/**
 * Modules that were found by their weights and given the widest scope that uses these, and that compute, fed the original's
 * own tensors, what a narrower scope of the same weights gives: the scope adds its input to what the module gives, and the
 * port does that outside of the module. The free run cannot tell where a fault comes before.
 *
 * @returns the scope that each such module is, by the module's path; empty when there are none
 */
export function findNarrowerScopes(sides: Sides, two: TwoSides, judged: Judged): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (judged.forced === null) return found;
  const candidate = { ...two, candidate: judged.forced.recording };
  const cases = sides.cases.map((one) => one.id);
  const { scopes } = viewReference(sides.original);
  for (const { pair, judgement } of judged.pairs) {
    const tap = two.candidateTaps.get(pair.candidate);
    const own = scopes.find((one) => one.tap === pair.reference);
    if (judgement.verdict !== "mismatch" || pair.matchedBy !== "weights" || tap === undefined || own === undefined)
      continue;
    const narrower = scopes.find((one) => {
      const other = two.referenceTaps.get(one.tap);
      const isSame = one.keys.size === own.keys.size && [...own.keys].every((key) => one.keys.has(key));
      if (!one.path.startsWith(`${own.path}/`) || !one.ownsKeys || !isSame || other === undefined) return false;
      // The pair's order of axes is that of tensors of these shapes.
      const shapes = two.referenceTaps.get(own.tap)?.shapes ?? {};
      if (cases.some((id) => other.shapes[id]?.join() !== shapes[id]?.join())) return false;
      const compared = comparePair(candidate, { ...pair, reference: one.tap } satisfies Pair, cases, null);
      return compared.length > 0 && compared.every(agreesLocally);
    });
    if (narrower !== undefined) found.set(tap.path, narrower.path);
  }
  return found;
}
