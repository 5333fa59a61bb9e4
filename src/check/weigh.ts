import { setImmediate } from "node:timers/promises";
import { assignWeights } from "../align/assign-weights.js";
import type { FoldableNorm } from "../align/derive-folded-norm.js";
import type { RecurrentEvidenceOf } from "../align/derive-recurrent.js";
import type { DerivedVariable } from "../align/recipe.js";
import { sameSizes } from "../align/relate-shapes.js";
import type { WeightAssignment } from "../align/types.js";
import { compareTensors } from "../compare/compare-tensors.js";
import { createLikeness, type Likeness } from "../compare/likeness.js";
import { haveSameBytes } from "../compare/same-bytes.js";
import { type Sketch, sketchesMatch, sketchTensor } from "../compare/sketch.js";
import { expectedTransform, type WeightTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { WeightFact } from "../diagnose/types.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";
import type { CandidateDescription, ParameterDescription } from "../runners/candidate.js";
import { deriveTensor } from "./derived-tensors.js";
import { describeFresh } from "./describe-fresh.js";
import { relateJoined } from "./relate-joined.js";
import { relationOf, sharedValues, siblingsOf } from "./relate-weights.js";

export interface Weighed {
  readonly assignments: readonly WeightAssignment[];
  readonly facts: readonly WeightFact[];
  /** Where nothing could be weighed: which variable each parameter would hold if it were right. */
  readonly assumed?: readonly WeightFact[];
  /** Tensors that the checkpoint does not hold as such, by the keys that facts and assignments give. */
  readonly derived: ReadonlyMap<string, LazyTensor>;
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
  /** What the original's graph says about the recurrent cell that reads a kernel. */
  readonly evidence?: RecurrentEvidenceOf;
  /** The batch norms that may be folded into the layers before them. */
  readonly norms?: () => readonly FoldableNorm[];
}

/** Two float32 values this close are the same number that took another way (a cast to float64 and back, a folded constant). */
const SAME_RELATIVE = 1e-7;
/** Of two parameters that are added, the sum: one more rounding. */
const SAME_SUM = 1e-6;

/** A product of a few factors, each rounded; measured up to 1.3e-7 for what converters of TensorFlow fold. */
const SAME_FOLDED = 1e-6;

/** What batch normalisation of torch counts while it trains; nothing reads it afterwards, and no original has it. */
const COUNTER = /(^|\.)num_batches_tracked$/;

/** A parameter that is so near to a folded kernel is that one, perhaps with a fault (another epsilon), and no plain kernel. */
const LOOSELY = 1e-2;

/** From this correlation on the order of axes is seen through a change of the values. */
const HELD = 0.9;

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
  const likeness = createLikeness();
  const derived = new Map<string, LazyTensor>();
  const sameValues = (key: string, parameter: string): boolean => {
    const variable = derived.get(key) ?? checkpoint.tensors.get(key);
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
  const assigned = assignWeights(
    parameters.map((one) => ({ ...one, moduleType: modules.get(one.module)?.class ?? "" })),
    variables,
    map,
    sameValues,
    [...proven.values()].map((one) => one.assignment),
    input.evidence,
    (key, parameter) => {
      const [variable, own] = [checkpoint.tensors.get(key), candidate.tensors.get(parameter)];
      return variable === undefined || own === undefined ? 0 : likeness(own, variable).of;
    },
    input.norms === undefined ? null : { norms: input.norms, holds: (name, made) => holdsDerived(input, name, made) },
  );
  const order = new Map(parameters.map((one, i) => [one.name, i]));
  const place = (one: WeightAssignment): number => order.get(one.parameter) ?? 0;
  const assignments = assigned.sort((a, b) => place(a) - place(b));
  for (const { key, derived: made } of assignments) {
    const tensor = made ? deriveTensor(made.recipe, key, checkpoint.tensors) : null;
    if (tensor !== null) derived.set(key, tensor);
  }
  const keys = new Set(input.keys);
  const others = [
    ...variables.map(({ key, shape }) => ({ key, shape, tensor: checkpoint.tensors.get(key) })),
    ...[...derived].map(([key, tensor]) => ({ key, shape: tensor.shape, tensor })),
  ];
  const byName = new Map(parameters.map((one) => [one.name, one]));
  const facts: WeightFact[] = [];
  for (const assignment of assignments) {
    await setImmediate();
    const { parameter, key, matchedBy, shared } = assignment;
    const stored = candidate.tensors.get(parameter);
    const variable = derived.get(key) ?? checkpoint.tensors.get(key);
    const about = byName.get(parameter);
    if (variable === undefined || about === undefined) continue;
    const module = modules.get(about.module);
    const expected = expectedTransform(about.expectedLayout, {
      variable: variable.shape,
      parameter: about.shape,
    });
    const head = {
      parameter,
      shape: about.shape,
      kind: about.kind,
      module: about.module,
      moduleType: about.operator ?? module?.class ?? "the module",
      source: module?.source ?? null,
      key,
      keyShape: variable.shape,
      matchedBy,
      derived: assignment.derived ?? null,
      shared: shared ?? null,
      notConvertible: assignment.notConvertible ?? null,
    };
    const proof = proven.get(parameter);
    if (proof !== undefined) {
      facts.push({ ...head, transform: proof.transform, expected, maxAbs: 0, equals: null, fresh: null });
      continue;
    }
    if (stored === undefined) continue;
    const sum = shared ? sharedValues(parameter, stored, shared, candidate) : null;
    // What carries nothing of a right sum is right whatever it holds; of a wrong one it is looked at for itself.
    const partner = shared && !shared.carries ? facts.find((one) => one.parameter === shared.with) : undefined;
    const own = sum === null || partner?.transform === null ? stored : sum;
    const isFolded = assignment.derived?.recipe.kind.startsWith("fold-") === true;
    const tolerance = isFolded ? SAME_FOLDED : shared ? SAME_SUM : SAME_RELATIVE;
    const { likeness: cosine, indifferent, ...relation } = relate(own, variable, expected, sameValues, tolerance);
    const figures = relation.transform === null ? sketch(own) : null;
    // One number over and over is found in many variables: it does not tell where it came from.
    const isConstant = figures !== null && figures.min === figures.max;
    // Whose values two added parameters hold, only their sum can tell.
    const counts = sum === null || sketch(sum).min === sketch(sum).max ? own : sum;
    const sameNumbers: typeof sameValues = (key, name) => {
      const other = derived.get(key) ?? checkpoint.tensors.get(key);
      if (counts !== sum || other === undefined) return sameValues(key, name);
      return sketchesMatch(sketch(other), sketch(counts));
    };
    const equals = figures === null || isConstant ? null : findOther(counts, variable, others, expected, sameNumbers);
    const mayBeFresh = figures !== null && equals === null && (isConstant || cosine < ALIKE);
    const isRight = relation.transform !== null && (indifferent || [null, relation.transform].includes(expected));
    const equalValues = (one: LazyTensor, other: LazyTensor): boolean =>
      weightTransforms(other.shape, one.shape).some(
        (each) => (expected === null || each.name === expected) && equalUnder(one, other, each),
      );
    facts.push({
      ...head,
      ...relation,
      relation: isRight ? null : relationOf(own, variable, expected),
      siblings: isRight || isConstant ? [] : siblingsOf(own, assignment, keys, checkpoint, equalValues),
      expected: indifferent ? relation.transform : expected,
      heldAs: relation.transform === null && expected === null ? heldAs(likeness(own, variable)) : null,
      equals,
      fresh: mayBeFresh ? describeFresh(figures) : null,
    });
  }
  const found = new Set(assignments.map((one) => one.parameter));
  const used = new Set(assignments.flatMap((one) => one.derived?.parts ?? [one.key]));
  return {
    assignments,
    facts: relateJoined(facts, candidate.tensors, derived),
    derived,
    unassigned: {
      parameters: parameters.filter((one) => one.sameAs === null && !found.has(one.name) && !COUNTER.test(one.name)),
      keys: variables.flatMap(({ key }) => (used.has(key) ? [] : [key])),
    },
  };
}

/** Whether a parameter holds a derived tensor in some order of axes, but for rounding. */
function holdsDerived({ candidate, checkpoint }: WeighInput, parameter: string, made: DerivedVariable): boolean {
  const own = candidate.tensors.get(parameter);
  const tensor = deriveTensor(made.recipe, made.key, checkpoint.tensors);
  if (own === undefined || tensor === null) return false;
  return weightTransforms(tensor.shape, own.shape).some(({ layout }) => {
    const { relativeL2, nonFiniteMismatch } = compareTensors(tensor, own, { layout });
    return nonFiniteMismatch === null && relativeL2 <= LOOSELY;
  });
}

/** The order in which changed numbers lie, where it shows. */
function heldAs({ of, transform }: Likeness): string | null {
  return of >= HELD ? transform : null;
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
  tolerance: number,
): Relation {
  const transforms = weightTransforms(variable.shape, own.shape);
  const first = transforms.find((one) => one.name === expected) ?? transforms[0];
  if (first === undefined) return { transform: null, maxAbs: null, likeness: 0, indifferent: false };
  const others = transforms.filter((one) => !sameOrder(one, first, variable.shape));
  // Copied weights, nearly all there are, are settled to the bit before any figure is computed.
  if (haveSameBytes(variable, own, first.layout)) {
    const indifferent = expected === null && others.some((one) => equalUnder(own, variable, one));
    return { transform: first.name, maxAbs: 0, likeness: 1, indifferent };
  }
  const exact = expected === null ? others.find((one) => haveSameBytes(variable, own, one.layout)) : undefined;
  if (exact !== undefined) return { transform: exact.name, maxAbs: 0, likeness: 1, indifferent: false };
  const metrics = compareTensors(variable, own, { layout: first.layout });
  const likeness = metrics.cosine;
  if (metrics.identical || (metrics.nonFiniteMismatch === null && metrics.relativeL2 <= tolerance)) {
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

/** Two transforms that put axes longer than 1 in the same order are one: where the others go changes nothing. */
function sameOrder(a: WeightTransform, b: WeightTransform, shape: readonly number[]): boolean {
  const order = (one: WeightTransform): number[] =>
    (one.layout.permute ?? shape.map((_, axis) => axis)).filter((axis) => (shape[axis] ?? 1) > 1);
  return order(a).join() === order(b).join();
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
  variables: readonly {
    readonly key: string;
    readonly shape: readonly number[];
    readonly tensor: LazyTensor | undefined;
  }[],
  expected: string | null,
  sameValues: (key: string, parameter: string) => boolean,
): string | null {
  let turned: string | null = null;
  for (const { key, shape, tensor: other } of variables) {
    if (key === variable.name || other === undefined || !sameSizes(shape, own.shape) || !sameValues(key, own.name))
      continue;
    const fitting = weightTransforms(shape, own.shape).filter((one) => equalUnder(own, other, one));
    if (fitting.some((one) => expected === null || one.name === expected)) return key;
    if (fitting.length > 0) turned ??= key;
  }
  return turned;
}
