import type { Recipe, SharedSum } from "../align/recipe.js";
import { sameSizes } from "../align/relate-shapes.js";
import type { WeightAssignment } from "../align/types.js";
import { relateValues } from "../compare/relate-values.js";
import type { Relation } from "../compare/relation.js";
import { transformWeight, usualTransform, weightTransforms } from "../compare/weight-transforms.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";
import { deriveTensor, joinTensors, sliceTensor } from "./derived-tensors.js";

/**
 * How the values of a parameter relate to its variable as its module needs it; null when the shapes cannot be related. Where
 * only the module's function can tell how it needs it, as torch's convolutions would, else in the first order in which they
 * relate at all.
 */
export function relationOf(own: LazyTensor, variable: LazyTensor, expected: string | null): Relation | null {
  const transforms = weightTransforms(variable.shape, own.shape);
  const known = transforms.find((one) => one.name === expected);
  const usual = usualTransform({ variable: variable.shape, parameter: own.shape });
  transforms.sort((a, b) => Number(b.name === usual) - Number(a.name === usual));
  let first: Relation | null = null;
  for (const transform of known === undefined ? transforms.slice(0, MOST_ORDERS) : [known]) {
    const relation = relateValues(own, transformWeight(variable, transform));
    if (relation.kind !== "unrelated") return relation;
    first ??= relation;
  }
  return first;
}

/** A parameter of unknown use is held against its variable in so many orders of axes. */
const MOST_ORDERS = 4;

/**
 * What counts of a parameter of which only the sum with another one is determined: that sum, and 0 for the one that does
 * not carry it. Null when the partner cannot be read.
 */
export function sharedValues(
  parameter: string,
  own: LazyTensor,
  shared: SharedSum,
  candidate: TensorFile,
): LazyTensor | null {
  const partner = candidate.tensors.get(shared.with);
  if (partner === undefined || partner.shape.join() !== own.shape.join()) return null;
  const of: ReadonlyMap<string, LazyTensor> = new Map([
    ["own", own],
    ["partner", partner],
  ]);
  const cut = (key: string): Recipe => ({
    kind: "slice",
    of: { kind: "variable", key },
    axis: 0,
    start: 0,
    length: shared.elements,
  });
  const first = deriveTensor(
    shared.carries ? { kind: "sum", of: [cut("own"), cut("partner")] } : { kind: "zeros", shape: [shared.elements] },
    parameter,
    of,
  );
  const rest = (own.shape[0] ?? 0) - shared.elements;
  if (first === null || rest === 0) return first;
  const last = sliceTensor(own, 0, shared.elements, rest);
  return last === null ? null : joinTensors([first, last], 0);
}

/**
 * Keys that the original's forward pass does not use and whose values the parameter holds as its module needs them: a
 * moving average or an optimizer's slot of its variable, or the variable beside its average.
 */
export function siblingsOf(
  own: LazyTensor,
  assignment: WeightAssignment,
  used: ReadonlySet<string>,
  checkpoint: TensorFile,
  equal: (own: LazyTensor, other: LazyTensor) => boolean,
): string[] {
  const { derived, key } = assignment;
  const parts = derived?.parts ?? [key];
  const [first] = parts;
  const unused = [...checkpoint.tensors.keys()].filter((one) => !used.has(one));
  if (derived === null || derived === undefined) {
    return unused.filter((one) => {
      const other = checkpoint.tensors.get(one);
      return other !== undefined && other.dtype !== "string" && sameSizes(other.shape, own.shape) && equal(own, other);
    });
  }
  const suffixes = unused.flatMap((one) =>
    first !== undefined && one.startsWith(`${first}/`) ? [one.slice(first.length)] : [],
  );
  return suffixes.flatMap((suffix) => {
    const beside = new Map(
      parts.flatMap((part) => {
        const other = checkpoint.tensors.get(part + suffix);
        return other === undefined ? [] : [[part, other] as const];
      }),
    );
    const other = deriveTensor(derived.recipe, `${key}${suffix}`, beside);
    return other !== null && equal(own, other) ? [`${first}${suffix}`] : [];
  });
}
