import { assignWeights } from "../align/assign-weights.js";
import type { WeightAssignment } from "../align/types.js";
import { expectedTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { TensorFile } from "../formats/types.js";
import type { CandidateDescription, StoredWeight } from "../runners/candidate.js";

/** Where the checkpoint holds what a parameter should be, and how it would lie in the parameter. */
export interface ExpectedWeight {
  readonly assignment: WeightAssignment;
  readonly transform: string;
  readonly stored: StoredWeight;
}

/**
 * For every parameter whose variable its name tells: where that variable's bytes lie, so that the candidate's process can
 * hold them against its own. What proves equal need not be sent; the rest is, and is weighed here.
 */
export function expectWeights(
  description: CandidateDescription,
  checkpoint: TensorFile,
  keys: readonly string[],
  map: Readonly<Record<string, string>>,
): Map<string, ExpectedWeight> {
  const variables = keys
    .flatMap((key) => checkpoint.tensors.get(key) ?? [])
    .map(({ name, shape }) => ({ key: name, shape }));
  const classes = new Map(description.modules.map((module) => [module.path, module.class]));
  const parameters = description.parameters
    .filter((one) => one.persistent)
    .map((one) => ({ ...one, moduleType: classes.get(one.module) ?? "" }));
  const byName = new Map(parameters.map((one) => [one.name, one]));
  const expected = new Map<string, ExpectedWeight>();
  for (const assignment of assignWeights(parameters, variables, map, () => false)) {
    const about = byName.get(assignment.parameter);
    const variable = checkpoint.tensors.get(assignment.key);
    if (about === undefined || variable === undefined) continue;
    const { file, offset, inOnePiece } = variable.location;
    if (inOnePiece !== true || offset === undefined) continue;
    const wanted = expectedTransform(about.expectedLayout, {
      variable: variable.shape,
      parameter: about.shape,
    });
    const transforms = weightTransforms(variable.shape, about.shape);
    // Where only the function can tell the orientation, both sides of a square kernel have to be looked at here.
    const transform =
      wanted === null
        ? transforms.length === 1
          ? transforms[0]
          : undefined
        : transforms.find((one) => one.name === wanted);
    if (transform === undefined) continue;
    const { dtype, shape } = variable;
    expected.set(assignment.parameter, {
      assignment,
      transform: transform.name,
      stored: { file, offset, dtype, shape, permute: transform.layout.permute },
    });
  }
  return expected;
}
