import type { TracedOp } from "../../runners/edits.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import { argumentHolding, outputOf } from "./refer.js";

/** A call that gives the same numbers in another type. */
export interface Cast {
  readonly op: TracedOp;
  /** The argument that holds what is cast. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
}

const CASTS: ReadonlySet<string> = new Set([
  "to",
  "type",
  "type_as",
  "int",
  "long",
  "short",
  "char",
  "byte",
  "half",
  "bfloat16",
  "float",
  "double",
]);

/** Casts among the suspects that lose digits, in order of execution. */
export function coarseningCasts(situation: Situation, isCoarse: (from: string, to: string) => boolean): Cast[] {
  return situation.suspects.flatMap((op) => {
    if (!CASTS.has(op.key.name)) return [];
    const [input] = tensorsIn(op);
    const output = outputOf(op);
    if (input === undefined || output === null) return [];
    const at = argumentHolding(op, input);
    const from = situation.tensors.get(input)?.dtype ?? "";
    const to = situation.tensors.get(output)?.dtype ?? "";
    return at !== null && isCoarse(from, to) ? [{ op, at, from, to }] : [];
  });
}
