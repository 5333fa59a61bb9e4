import type { ResolvedConfig } from "../config/resolved.js";
import type { Case } from "../inputs/types.js";
import type { CandidateDescription } from "../runners/candidate.js";
import type { Reference } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { signaturesOf } from "./input-signatures.js";
import { mapInputs } from "./map-inputs.js";
import type { OriginalSource } from "./original-source.js";
import { keepFitting, limitsOfOriginal } from "./program-limits.js";

/**
 * The cases of a check. Where the candidate is a program, generated ones have sizes that it takes, and given ones that it
 * refuses are left out with a warning.
 *
 * @param description of a program; null for code, which takes whatever it is given
 */
export function fitCases(
  config: ResolvedConfig,
  original: Original,
  source: OriginalSource,
  description: CandidateDescription | null,
): { readonly cases: readonly Case[]; readonly reference: Reference; readonly warnings: readonly string[] } {
  if (description === null) return { ...source.prepare(original), warnings: [] };
  const signatures = signaturesOf(original);
  const { layout } = config.inputs;
  const mapping = mapInputs(signatures, description, config.map);
  const limits = limitsOfOriginal(signatures, description.inputs, mapping, layout);
  const { cases, reference } = source.prepare(original, limits);
  return { reference, ...keepFitting(cases, description.inputs, mapping, layout) };
}
