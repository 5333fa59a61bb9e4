import { assignWeights } from "../align/assign-weights.js";
import { expectedTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { WeightFact } from "../diagnose/types.js";
import type { Weighed, WeighInput } from "./weigh.js";

/**
 * Which variable each parameter comes from where no variable's values are known (a golden without weights): by the user's map,
 * by names and by shapes. Nothing is weighed: there are no facts about values, and so no cause is proposed from them. What is
 * looked for in a layer's calls has to know whose parameters they read, and takes them to be right (`assumed`).
 */
export function nameWeights(
  input: Pick<WeighInput, "description" | "checkpoint" | "keys" | "map" | "evidence">,
): Weighed {
  const { description, checkpoint, keys, map } = input;
  const classes = new Map(description.modules.map((module) => [module.path, module.class]));
  const parameters = description.parameters.filter((one) => one.persistent);
  const variables = keys
    .flatMap((key) => checkpoint.tensors.get(key) ?? [])
    .map(({ name, shape }) => ({ key: name, shape }));
  const assignments = assignWeights(
    parameters.map((one) => ({ ...one, moduleType: classes.get(one.module) ?? "" })),
    variables,
    map,
    () => false,
    [],
    input.evidence,
  );
  const found = new Set(assignments.map((one) => one.parameter));
  const used = new Set(assignments.flatMap((one) => one.derived?.parts ?? [one.key]));
  const byName = new Map(parameters.map((one) => [one.name, one]));
  const modules = new Map(description.modules.map((module) => [module.path, module]));
  const assumed = assignments.flatMap((assignment): WeightFact[] => {
    const about = byName.get(assignment.parameter);
    const keyShape = checkpoint.tensors.get(assignment.key)?.shape;
    if (about === undefined || keyShape === undefined) return [];
    const expected = expectedTransform(about.expectedLayout, { variable: keyShape, parameter: about.shape });
    return [
      {
        parameter: about.name,
        shape: about.shape,
        kind: about.kind,
        module: about.module,
        moduleType: modules.get(about.module)?.class ?? "the module",
        source: modules.get(about.module)?.source ?? null,
        key: assignment.key,
        keyShape,
        matchedBy: assignment.matchedBy,
        derived: assignment.derived ?? null,
        shared: assignment.shared ?? null,
        notConvertible: assignment.notConvertible ?? null,
        transform: expected ?? weightTransforms(keyShape, about.shape)[0]?.name ?? "same",
        expected,
        maxAbs: null,
        equals: null,
        fresh: null,
      },
    ];
  });
  return {
    assignments,
    facts: [],
    assumed,
    derived: new Map(),
    unassigned: {
      parameters: parameters.filter((one) => one.sameAs === null && !found.has(one.name)),
      keys: keys.filter((key) => !used.has(key)),
    },
  };
}
