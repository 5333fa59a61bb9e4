import type { Layout } from "../compare/types.js";
import type { Tap } from "../recording/types.js";
import { AGREES } from "./confidence.js";

/** Layers of torch that give what their weights give and nothing more; a subclass may do anything. */
export const BARE = /^(Lazy)?(Linear|Embedding|Conv[123]d|ConvTranspose[123]d)$/;

/** A reference tap that a candidate tap could be paired with, and its error in the free run if it were; null: unknown. */
export interface Partner {
  readonly tap: Tap;
  readonly layout: Layout;
  readonly error: () => number | null;
}

/**
 * Of a scope that goes on after its weights are used (`dense` with its ReLU inside) and the op that uses them last, the
 * one that a module of the scope's name gives. Values decide where one of the two agrees; where neither does, behind a
 * fault, a plain layer of torch gives the op and everything else the scope.
 */
export function gives(candidate: Tap, scope: Partner, op: Partner): "scope" | "op" {
  const [scopeError, opError] = [scope.error(), op.error()];
  const scopeAgrees = scopeError !== null && scopeError <= AGREES;
  const opAgrees = opError !== null && opError <= AGREES;
  if (scopeAgrees !== opAgrees) return scopeAgrees ? "scope" : "op";
  return BARE.test(candidate.type) ? "op" : "scope";
}
