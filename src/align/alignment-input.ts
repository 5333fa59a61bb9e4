import type { Tap } from "../recording/types.js";
import type { ErrorUnder } from "./conventions.js";
import type { CandidateModule, ReferenceScope, ReferenceUse, WeightAssignment } from "./types.js";

/** What alignment knows of the two sides. */
export interface AlignmentInput {
  readonly reference: readonly Tap[];
  /** In order of completion. */
  readonly candidate: readonly Tap[];
  readonly scopes: readonly ReferenceScope[];
  /** Where each checkpoint key is used. */
  readonly uses: ReadonlyMap<string, readonly ReferenceUse[]>;
  readonly modules: readonly CandidateModule[];
  readonly weights: readonly WeightAssignment[];
  /** Reference scope, op or tap → candidate module or tap. */
  readonly map: Readonly<Record<string, string>>;
  /** Scopes that modules are known to be, where several use the same weights: by module path. */
  readonly narrower?: ReadonlyMap<string, string>;
  /** Reference taps that candidate taps were found to be by their values, by candidate tap. */
  readonly known?: ReadonlyMap<string, string>;
  /** Settles by values what shapes leave open, such as the order of axes of square images; without it shapes alone count. */
  readonly errorUnder?: ErrorUnder;
  /** Whether two taps may hold the same numbers in some order, by sketches of them; without it no pair is found by values. */
  readonly alike?: (reference: Tap, candidate: Tap) => boolean;
  /** Names that the model's signature has for its outputs, by the id of a reference tap. */
  readonly outputNames?: ReadonlyMap<string, readonly string[]>;
}
