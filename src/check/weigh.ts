import { setImmediate } from "node:timers/promises";
import { assignWeights } from "../align/assign-weights.js";
import { sameSizes } from "../align/relate-shapes.js";
import type { WeightAssignment } from "../align/types.js";
import { compareTensors } from "../compare/compare-tensors.js";
import { haveSameBytes } from "../compare/same-bytes.js";
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
  /** Parameters that were proved equal to their variable where they lie, and so are not in `candidate`. */
  readonly proven?: ReadonlyMap<string, { readonly assignment: WeightAssignment; readonly transform: string }>;
}

/** Two float32 values this close are the same number that took another way (a cast to float64 and back, a folded constant). */
const SAME_RELATIVE = 1e-7;

/** Values with a cosine beyond this to the variable's are the variable's, changed: no fresh initialisation gives that. */
const ALIKE = 0.5;

/**
 * Holds every candidate parameter against the variable that it comes from. Tensors are streamed; the event loop is let
 * in between them, for the two sides run meanwhile.
 */
export async function weighParameters(input: WeighInput): Promise<Weighed> {
  const { description, candidate, checkpoint, map } = input;
  const proven = input.proven ?? new Map<string, never>();
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
    (one) => one.persistent && (candidate.tensors.has(one.sameAs ?? one.name) || proven.has(one.sameAs ?? one.name)),
  );
  const variables = input.keys
    .flatMap((key) => checkpoint.tensors.get(key) ?? [])
    .map(({ name, shape }) => ({ key: name, shape }));
  const known = [...proven.values()].map((one) => one.assignment);
  const taken = new Set(known.map((one) => one.key));
  const searched = assignWeights(
    parameters
      .filter((one) => !proven.has(one.name))
      .map((one) => ({ ...one, moduleType: modules.get(one.module)?.class ?? "" })),
    variables.filter(({ key }) => !taken.has(key)),
    map,
    sameValues,
  );
  const order = new Map(parameters.map((one, i) => [one.name, i]));
  const place = (one: WeightAssignment): number => order.get(one.parameter) ?? 0;
  const assignments = [...known, ...searched].sort((a, b) => place(a) - place(b));
  const byName = new Map(parameters.map((one) => [one.name, one]));
  const facts: WeightFact[] = [];
  for (const { parameter, key, matchedBy } of assignments) {
    await setImmediate();
    const own = candidate.tensors.get(parameter);
    const variable = checkpoint.tensors.get(key);
    const about = byName.get(parameter);
    if (variable === undefined || about === undefined) continue;
    const module = modules.get(about.module);
    const expected = expectedTransform(about.expectedLayout, about.shape.length);
    const head = {
      parameter,
      shape: about.shape,
      kind: about.kind,
      module: about.module,
      moduleType: module?.class ?? "the module",
      source: module?.source ?? null,
      key,
      keyShape: variable.shape,
      matchedBy,
    };
    const proof = proven.get(parameter);
    if (proof !== undefined) {
      facts.push({ ...head, transform: proof.transform, expected, maxAbs: 0, equals: null, fresh: null });
      continue;
    }
    if (own === undefined) continue;
    const { likeness, indifferent, ...relation } = relate(own, variable, expected, sameValues);
    const figures = relation.transform === null ? sketch(own) : null;
    // One number over and over is found in many variables: it does not tell where it came from.
    const isConstant = figures !== null && figures.min === figures.max;
    const equals =
      figures === null || isConstant ? null : findOther(own, variable, variables, checkpoint, expected, sameValues);
    const mayBeFresh = figures !== null && equals === null && (isConstant || likeness < ALIKE);
    facts.push({
      ...head,
      ...relation,
      expected: indifferent ? relation.transform : expected,
      equals,
      fresh: mayBeFresh ? describeFresh(figures) : null,
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

interface Relation {
  readonly transform: string | null;
  readonly maxAbs: number | null;
  /** Cosine under the expected transform (or the first that fits). */
  readonly likeness: number;
  /** The values are the same in either order (a symmetric kernel), so that none can be called the wrong one. */
  readonly indifferent: boolean;
}

/** Under which transform the parameter equals the variable. The expected one is tried first and is nearly always it. */
function relate(
  own: LazyTensor,
  variable: LazyTensor,
  expected: string | null,
  sameValues: (key: string, parameter: string) => boolean,
): Relation {
  const transforms = weightTransforms(variable.shape, own.shape);
  const first = transforms.find((one) => one.name === expected) ?? transforms[0];
  if (first === undefined) return { transform: null, maxAbs: null, likeness: 0, indifferent: false };
  const others = transforms.filter((one) => one !== first);
  // Copied weights, nearly all there are, are settled to the bit before any figure is computed.
  if (haveSameBytes(variable, own, first.layout)) {
    const indifferent = expected === null && others.some((one) => equalUnder(own, variable, one));
    return { transform: first.name, maxAbs: 0, likeness: 1, indifferent };
  }
  const exact = expected === null ? others.find((one) => haveSameBytes(variable, own, one.layout)) : undefined;
  if (exact !== undefined) return { transform: exact.name, maxAbs: 0, likeness: 1, indifferent: false };
  const metrics = compareTensors(variable, own, { layout: first.layout });
  const likeness = metrics.cosine;
  if (metrics.identical || (metrics.nonFiniteMismatch === null && metrics.relativeL2 <= SAME_RELATIVE)) {
    // Only where nothing tells which order is wanted does a second one that fits matter.
    const indifferent = expected === null && others.some((one) => equalUnder(own, variable, one));
    return { transform: first.name, maxAbs: metrics.maxAbs?.value ?? 0, likeness, indifferent };
  }
  const maxAbs = metrics.maxAbs?.value ?? null;
  // A different order holds the same numbers: without that no other transform can fit.
  if (!sameValues(variable.name, own.name)) return { transform: null, maxAbs, likeness, indifferent: false };
  const other = others.find((one) => equalUnder(own, variable, one));
  return { transform: other?.name ?? null, maxAbs, likeness, indifferent: false };
}

function equalUnder(own: LazyTensor, variable: LazyTensor, transform: WeightTransform): boolean {
  return (
    haveSameBytes(variable, own, transform.layout) ||
    compareTensors(variable, own, { layout: transform.layout }).identical
  );
}

/** Another variable that the parameter equals: best in the order that its module needs, else in any. */
function findOther(
  own: LazyTensor,
  variable: LazyTensor,
  variables: readonly { readonly key: string; readonly shape: readonly number[] }[],
  checkpoint: TensorFile,
  expected: string | null,
  sameValues: (key: string, parameter: string) => boolean,
): string | null {
  let turned: string | null = null;
  for (const { key, shape } of variables) {
    const other = checkpoint.tensors.get(key);
    if (key === variable.name || other === undefined || !sameSizes(shape, own.shape) || !sameValues(key, own.name))
      continue;
    const fitting = weightTransforms(shape, own.shape).filter((one) => equalUnder(own, other, one));
    if (fitting.some((one) => expected === null || one.name === expected)) return key;
    if (fitting.length > 0) turned ??= key;
  }
  return turned;
}
