import type { Edit } from "../runners/edits.js";

/** Repairs that are believed already, beneath an experiment at one layer: what lies behind that layer is not come to. */
export function beneath(standing: readonly Edit[]): readonly Edit[] {
  return standing.map((edit) => ({ ...edit, optional: true }));
}
