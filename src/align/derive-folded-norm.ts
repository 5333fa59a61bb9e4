import type { DerivedVariable, Recipe } from "./recipe.js";
import { sameSizes } from "./relate-shapes.js";
import type { CandidateParameter, ReferenceVariable, WeightAssignment } from "./types.js";
import { splitParameter } from "./variable-names.js";

/** A batch normalisation by stored statistics right behind a layer's product; keys of the checkpoint. */
export interface FoldableNorm {
  readonly kernel: string;
  readonly bias: string | null;
  readonly scale: string | null;
  readonly offset: string | null;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: number;
  /** How many of the kernel's last axes are its outputs, and how many axes stand behind them. */
  readonly outputs: { readonly axes: number; readonly behind: number };
}

/** Whether a parameter holds what a derived variable would be, whatever the order of its axes; asked only where that is open. */
export type Holds = (parameter: string, derived: DerivedVariable) => boolean;

/**
 * Layers of the port into which the original's batch normalisation was folded: W·γ/√(σ²+ε) and (b−μ)·γ/√(σ²+ε)+β. Looked for
 * where no parameter of the port has the statistics. The kernel's parameter is the one that was given the plain kernel or one
 * that has none, and that holds the product; what then stands beside it as its bias has the rest.
 */
export function deriveFoldedNorms(
  norms: readonly FoldableNorm[],
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
  assigned: readonly WeightAssignment[],
  holds: Holds,
): WeightAssignment[] {
  const shapes = new Map(variables.map((one) => [one.key, one.shape]));
  const used = new Set(assigned.flatMap((one) => one.derived?.parts ?? [one.key]));
  const taken = new Map(assigned.map((one) => [one.parameter, one]));
  const found: WeightAssignment[] = [];
  const isOpen = (name: string): boolean => !taken.has(name) && !found.some((one) => one.parameter === name);
  for (const norm of norms) {
    const shape = shapes.get(norm.kernel);
    if (shape === undefined || used.has(norm.mean) || used.has(norm.variance)) continue;
    const product = foldedKernel(norm, shape);
    const owner = assigned.find((one) => one.key === norm.kernel && !one.derived);
    const given = parameters.filter((one) =>
      owner === undefined ? isOpen(one.name) && sameSizes(one.shape, shape) : one.name === owner.parameter,
    );
    const weights = given.filter((one) => holds(one.name, product));
    const [weight] = weights;
    if (weight === undefined || weights.length > 1) continue;
    found.push(made(weight, product));
    const beside = parameters.find((one) => isBiasOf(one, weight) && sizeOf(one.shape) === outputsOf(norm, shape));
    const own = beside === undefined ? undefined : taken.get(beside.name);
    if (beside === undefined || (own !== undefined && own.key !== norm.bias && own.key !== norm.offset)) continue;
    found.push(made(beside, foldedBias(norm, outputsOf(norm, shape))));
  }
  return found;
}

function made(parameter: CandidateParameter, derived: DerivedVariable): WeightAssignment {
  return { parameter: parameter.name, key: derived.key, matchedBy: "values", derived };
}

function isBiasOf(one: CandidateParameter, weight: CandidateParameter): boolean {
  const [own, other] = [splitParameter(one.name), splitParameter(weight.name)];
  return one !== weight && own.owner === other.owner && own.role === "bias";
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function outputsOf({ outputs }: FoldableNorm, shape: readonly number[]): number {
  const end = shape.length - outputs.behind;
  return sizeOf(shape.slice(end - outputs.axes, end));
}

function optional(key: string | null): Recipe | null {
  return key === null ? null : { kind: "variable", key };
}

function foldedKernel(norm: FoldableNorm, shape: readonly number[]): DerivedVariable {
  const { kernel, scale, variance, epsilon, outputs } = norm;
  return {
    key: `${kernel} · ${scale ?? "1"} / √(${variance} + ${epsilon})`,
    shape,
    parts: [kernel, variance, ...(scale === null ? [] : [scale])],
    recipe: {
      kind: "fold-scale",
      of: { kind: "variable", key: kernel },
      scale: optional(scale),
      variance: { kind: "variable", key: variance },
      epsilon,
      inner: sizeOf(shape.slice(shape.length - outputs.behind)),
    },
  };
}

function foldedBias({ bias, scale, offset, mean, variance, epsilon }: FoldableNorm, length: number): DerivedVariable {
  const keys = [bias, scale, offset, mean, variance].filter((key) => key !== null);
  return {
    key: `(${bias ?? "0"} − ${mean}) · ${scale ?? "1"} / √(${variance} + ${epsilon}) + ${offset ?? "0"}`,
    shape: [length],
    parts: keys,
    recipe: {
      kind: "fold-shift",
      bias: optional(bias),
      mean: { kind: "variable", key: mean },
      scale: optional(scale),
      variance: { kind: "variable", key: variance },
      offset: optional(offset),
      epsilon,
      length,
    },
  };
}
