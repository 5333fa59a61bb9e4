import type { AlignmentInput } from "./alignment-input.js";
import { LIKELY } from "./confidence.js";
import { inferConventions, relateLoosely } from "./conventions.js";
import { Matcher } from "./matcher.js";
import type { Alignment } from "./types.js";

export type { AlignmentInput } from "./alignment-input.js";

/**
 * Finds for each candidate tap the reference tap that is the same quantity: by the user's map, as the model's output, by
 * equal names, by the weights that both use, by similar names, by the numbers that they hold, and last by order and shape
 * between what is already matched. Every pair's shapes agree up to a layout of the model's own conventions: a first round pairs what would agree
 * under any, from which it is inferred which ones this model follows, and the second keeps to these. What stays without
 * a partner is listed with the reason.
 */
export function alignTaps(input: AlignmentInput): Alignment {
  const loose = new Matcher(input, relateLoosely(input.reference)).match();
  const taps = {
    reference: new Map(input.reference.map((tap) => [tap.id, tap])),
    candidate: new Map(input.candidate.map((tap) => [tap.id, tap])),
  };
  const witnesses = loose.pairs.flatMap((pair) => {
    const [reference, candidate] = [taps.reference.get(pair.reference), taps.candidate.get(pair.candidate)];
    const counts = pair.confidence >= LIKELY && reference !== undefined && candidate !== undefined;
    return counts ? [{ reference, candidate }] : [];
  });
  const relate = inferConventions(input.reference, witnesses, input.errorUnder ?? (() => null));
  return new Matcher(input, relate).match();
}
