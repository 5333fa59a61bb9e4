import { setImmediate } from "node:timers/promises";
import { assignWeights } from "../align/assign-weights.js";
import { sameSizes } from "../align/relate-shapes.js";
import type { WeightAssignment } from "../align/types.js";
import { compareTensors } from "../compare/compareTensors.js";
import { type Sketch, sketchesMatch, sketchTensor } from "../compare/sketch.js";
import { expectedTransform, type WeightTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { WeightFact } from "../diagnose/types.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";
import type { CandidateDescription, ParameterDescription } from "../runners/candidate.js";
import { describeFresh } from "./describe-fresh.js";

export interface Weighed {
  readonly assignments: readonly WeightAssignment[];
  readonly facts: readonly WeightFact[];
  /** Parameters without a variable, and variables of the forward pass without a parameter. */
  readonly unassigned: { readonly parameters: readonly ParameterDescription[]; readonly keys: readonly string[] };
}

export interface WeighInput {
  readonly description: CandidateDescription;
  readonly candidate: TensorFile;
  readonly checkpoint: TensorFile;
  /** Keys that the original's forward pass uses. */
  readonly keys: readonly string[];
  readonly map: Readonly<Record<string, string>>;
}

/** Two float32 values this close are the same number that took another way (a cast to float64 and back, a folded constant). */
const SAME_RELATIVE = 1e-7;

/**
 * Holds every candidate parameter against the variable that it comes from. Tensors are streamed; the event loop is let
 * in between them, for the two sides run meanwhile.
 */
export async function weighParameters(input: WeighInput): Promise<Weighed> {
  const { description, candidate, checkpoint, map } = input;
  const sketches = new Map<LazyTensor, Sketch>();
  const sketch = (tensor: LazyTensor): Sketch => {
    const known = sketches.get(tensor) ?? sketchTensor(tensor);
    sketches.set(tensor, known);
    return known;
  };
  const sameValues = (key: string, parameter: string): boolean => {
    const variable = checkpoint.tensors.get(key);
    const own = candidate.tensors.get(parameter);
    return variable !== undefined && own !== undefined && sketchesMatch(sketch(variable), sketch(own));
  };
  const modules = new Map(description.modules.map((module) => [module.path, module]));
  const parameters = description.parameters.filter(
    (one) => one.persistent && candidate.tensors.has(one.sameAs ?? one.name),
  );
  const variables = input.keys
    .flatMap((key) => checkpoint.tensors.get(key) ?? [])
    .map(({ name, shape }) => ({ key: name, shape }));
  const assignments = assignWeights(
    parameters.map((one) => ({ ...one, moduleType: modules.get(one.module)?.class ?? "" })),
    variables,
    map,
    sameValues,
  );
  const byName = new Map(parameters.map((one) => [one.name, one]));
  const facts: WeightFact[] = [];
  for (const { parameter, key, matchedBy } of assignments) {
    await setImmediate();
    const own = candidate.tensors.get(parameter);
    const variable = checkpoint.tensors.get(key);
    const about = byName.get(parameter);
    if (own === undefined || variable === undefined || about === undefined) continue;
    const module = modules.get(about.module);
    const expected = expectedTransform(about.expectedLayout, own.shape.length);
    const relation = relate(own, variable, expected, sameValues);
    const equals =
      relation.transform === null ? findOther(own, variable, variables, checkpoint, expected, sameValues) : null;
    facts.push({
      parameter,
      shape: own.shape,
      kind: about.kind,
      module: about.module,
      moduleType: module?.class ?? "the module",
      source: module?.source ?? null,
      key,
      keyShape: variable.shape,
      matchedBy,
      ...relation,
      expected,
      equals,
      fresh: relation.transform === null && equals === null ? describeFresh(sketch(own)) : null,
    });
  }
  const assigned = new Set(assignments.map((one) => one.parameter));
  const used = new Set(assignments.map((one) => one.key));
  return {
    assignments,
    facts,
    unassigned: {
      parameters: parameters.filter((one) => one.sameAs === null && !assigned.has(one.name)),
      keys: variables.flatMap(({ key }) => (used.has(key) ? [] : [key])),
    },
  };
}

/** Under which transform the parameter equals the variable. The expected one is tried first and is nearly always it. */
function relate(
  own: LazyTensor,
  variable: LazyTensor,
  expected: string | null,
  sameValues: (key: string, parameter: string) => boolean,
): { transform: string | null; maxAbs: number | null } {
  const transforms = weightTransforms(variable.shape, own.shape);
  const first = transforms.find((one) => one.name === expected) ?? transforms[0];
  if (first === undefined) return { transform: null, maxAbs: null };
  const metrics = compareTensors(variable, own, { layout: first.layout });
  if (metrics.identical || (metrics.nonFiniteMismatch === null && metrics.relativeL2 <= SAME_RELATIVE))
    return { transform: first.name, maxAbs: metrics.maxAbs?.value ?? 0 };
  const maxAbs = metrics.maxAbs?.value ?? null;
  // A different order holds the same numbers: without that no other transform can fit.
  if (!sameValues(variable.name, own.name)) return { transform: null, maxAbs };
  const other = transforms.find((one) => one !== first && equalUnder(own, variable, one));
  return { transform: other?.name ?? null, maxAbs };
}

function equalUnder(own: LazyTensor, variable: LazyTensor, transform: WeightTransform): boolean {
  return compareTensors(variable, own, { layout: transform.layout }).identical;
}

/** Another variable that the parameter equals in the order that its module needs. */
function findOther(
  own: LazyTensor,
  variable: LazyTensor,
  variables: readonly { readonly key: string; readonly shape: readonly number[] }[],
  checkpoint: TensorFile,
  expected: string | null,
  sameValues: (key: string, parameter: string) => boolean,
): string | null {
  for (const { key, shape } of variables) {
    const other = checkpoint.tensors.get(key);
    if (key === variable.name || other === undefined || !sameSizes(shape, own.shape) || !sameValues(key, own.name))
      continue;
    const transforms = weightTransforms(shape, own.shape).filter((one) => expected === null || one.name === expected);
    if (transforms.some((one) => equalUnder(own, other, one))) return key;
  }
  return null;
}
