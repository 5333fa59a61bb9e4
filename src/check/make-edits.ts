import { transformWeight, usualTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { Hypothesis, Repair, WeightFact } from "../diagnose/types.js";
import { writeSafetensors } from "../formats/safetensors-write.js";
import type { LazyTensor } from "../formats/types.js";
import type { Edit } from "../runners/edits.js";

/** Turns repairs into edits. Tensors to load are written to files of the given folder, each once. */
export interface EditMaker {
  /** Null when a repair cannot be made: a variable that the checkpoint lacks, or shapes that do not fit. */
  make(hypothesis: Pick<Hypothesis, "repairs">): readonly Edit[] | null;
}

/**
 * @param variables of the checkpoint, derived ones included, by key
 * @param newFile gives a path that does not exist yet
 */
export function createEditMaker(
  facts: readonly WeightFact[],
  variables: ReadonlyMap<string, LazyTensor>,
  newFile: () => string,
): EditMaker {
  const loads = new Map<string, Edit>();
  const load = (parameter: string, key: string): Edit | null => {
    const id = `${parameter} ${key}`;
    const known = loads.get(id);
    if (known !== undefined) return known;
    const data = wantedValue(facts, variables, parameter, key);
    if (data === null) return null;
    const file = newFile();
    writeSafetensors(file, [{ name: parameter, dtype: data.dtype, shape: data.shape, data }]);
    const edit: Edit = { kind: "parameter", parameter, value: { $: "tensor", file, tensor: parameter } };
    loads.set(id, edit);
    return edit;
  };
  const makeOne = (repair: Repair): Edit | null => {
    switch (repair.kind) {
      case "edit":
        return repair.edit;
      case "load":
        return load(repair.parameter, repair.key);
      case "transpose":
        return {
          kind: "parameter",
          parameter: repair.parameter,
          value: { $: "call", fn: "torch.t", args: [{ $: "self" }] },
        };
    }
  };
  return {
    make(hypothesis) {
      const edits = hypothesis.repairs.map(makeOne);
      return edits.length > 0 && edits.every((edit) => edit !== null) ? edits : null;
    },
  };
}

/** A variable as a parameter would hold it: in the order that its module needs, or that others of its kind have. */
function wantedValue(
  facts: readonly WeightFact[],
  variables: ReadonlyMap<string, LazyTensor>,
  parameter: string,
  key: string,
): LazyTensor | null {
  const fact = facts.find((one) => one.parameter === parameter);
  const variable = variables.get(key);
  if (fact === undefined || variable === undefined) return null;
  const wanted =
    fact.expected ??
    fact.heldAs ??
    commonTransform(facts, fact) ??
    usualTransform({ variable: variable.shape, parameter: fact.shape });
  const transforms = weightTransforms(variable.shape, fact.shape);
  const transform = transforms.find((one) => one.name === wanted) ?? transforms[0];
  return transform === undefined ? null : transformWeight(variable, transform);
}

/** The order in which most other parameters of its kind hold their variables; null when there are none. */
function commonTransform(facts: readonly WeightFact[], fact: WeightFact): string | null {
  const isDepthwise = (one: WeightFact): boolean => one.shape.length > 2 && one.shape[1] === 1;
  const counts = new Map<string, number>();
  for (const one of facts) {
    const alike =
      one !== fact &&
      one.moduleType === fact.moduleType &&
      one.shape.length === fact.shape.length &&
      isDepthwise(one) === isDepthwise(fact);
    if (alike && one.transform !== null) counts.set(one.transform, (counts.get(one.transform) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
