import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import { argument, editOp, original, self } from "../express.js";
import type { Situation } from "../situation.js";
import { editOutput } from "./hypothesis.js";
import { argumentHolding, inputOf, outputOf } from "./refer.js";

const MOST_PLACES = 6;

/** Where something that the port lacks can be put in. */
export interface Place {
  readonly op: TracedOp | null;
  readonly where: string;
  readonly edit: (f: (x: Expression) => Expression) => Edit[];
  /** Tensor to which it is applied. */
  readonly tensor: string | null;
}

/** The layer's output, what enters its first calls, and what they give. */
export function placesOf(situation: Situation): Place[] {
  const output: Place = {
    op: null,
    where: "of the result",
    edit: (f) => editOutput(situation, f(self)),
    tensor: situation.trace.observed,
  };
  const results = situation.suspects.flatMap((op): Place[] => {
    const tensor = outputOf(op);
    if (tensor === null || tensor === situation.trace.observed) return [];
    return [{ op, where: `of what ${op.key.name} gives`, edit: (f) => [editOp(op, f(self))], tensor }];
  });
  const made = new Set(situation.suspects.flatMap((op) => op.outputs));
  const seen = new Set<string>();
  const inputs = situation.suspects.flatMap((op): Place[] => {
    const tensor = inputOf(op);
    if (tensor === null || argumentHolding(op, tensor) === null || made.has(tensor) || seen.has(tensor)) return [];
    seen.add(tensor);
    // Query, key and value are made of one tensor: what it lacks all three of them lack.
    const readers = situation.suspects.flatMap((one) => {
      const key = argumentHolding(one, tensor);
      return key === null ? [] : [{ one, key }];
    });
    return [
      {
        op,
        where: `of what ${op.key.name} is given`,
        edit: (f) => readers.map(({ one, key }) => editOp(one, original({ [key]: f(argument(key)) }))),
        tensor,
      },
    ];
  });
  return [output, ...inputs.slice(0, MOST_PLACES), ...results.slice(0, MOST_PLACES)];
}
