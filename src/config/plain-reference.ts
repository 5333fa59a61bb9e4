import type { ResolvedReference } from "./resolved.js";

/** A reference of which nothing is said but what it is. */
export function plainReference(model: string, given: Partial<ResolvedReference> = {}): ResolvedReference {
  return {
    model,
    outputs: null,
    inputs: null,
    signature: null,
    verifyChecksums: false,
    weights: null,
    kwargs: {},
    python: null,
    env: {},
    ...given,
  };
}
