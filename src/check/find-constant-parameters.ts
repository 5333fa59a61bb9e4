import { elementCount } from "../formats/dtype.js";
import { readValues } from "./read-values.js";
import type { Sides } from "./run-sides.js";

/** Kernels are never constant in a trained model, and reading them takes time: longer vectors are not looked at. */
const LONGEST = 2 ** 20;

/**
 * Parameters whose variable holds one value over and over (biases of zeros, gains of ones): they are the same in every order,
 * and the same as others of their length.
 */
export function findConstantParameters({
  weighed,
  original,
  variables,
}: Pick<Sides, "weighed" | "original"> & Partial<Pick<Sides, "variables">>): string[] {
  return weighed.facts.flatMap((fact) => {
    // Keys of what is made of variables (a part of one, say) are no variables of the checkpoint.
    const variable = variables?.get(fact.key) ?? original.checkpoint.tensors.get(fact.key);
    const size = elementCount(fact.shape);
    if (variable === undefined || fact.shape.length !== 1 || size < 2 || size > LONGEST) return [];
    const values = readValues(variable)?.data;
    return values?.every((value) => value === values[0]) === true ? [fact.parameter] : [];
  });
}
