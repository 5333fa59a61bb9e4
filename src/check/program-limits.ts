import { channelsFirst } from "../align/layout-families.js";
import type { ResolvedInputs } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { type AxisLimit, allows, fitsLimits, type ShapeLimits } from "../inputs/axis-limits.js";
import type { Case, InputSignature } from "../inputs/types.js";
import type { InputDescription } from "../runners/candidate.js";

type Layouts = ResolvedInputs["layout"];

/**
 * The sizes that a program allows, for the original's inputs and in their order of axes: a program takes images with their
 * channels where its forward wants them. Of an input for which the program cannot take the original's fixed sizes in any
 * order nothing is said here; its cases do not fit.
 *
 * @param mapping which input of the program takes which of the original
 */
export function limitsOfOriginal(
  signatures: readonly InputSignature[],
  inputs: readonly InputDescription[],
  mapping: ReadonlyMap<string, { readonly parameter: string | null }>,
  layouts: Layouts,
): ShapeLimits {
  const limits = new Map<string, readonly AxisLimit[]>();
  for (const signature of signatures) {
    const sizes = sizesOf(signature.name, inputs, mapping);
    if (sizes === undefined) continue;
    const order = ordersOf(signature.name, sizes.length, layouts).find((one) => {
      const turned = turnBack(sizes, one);
      return (
        signature.shape?.every(
          (size, axis) => size === null || (turned[axis] !== undefined && allows(turned[axis], size)),
        ) ?? true
      );
    });
    if (order !== undefined) limits.set(signature.name, turnBack(sizes, order));
  }
  return limits;
}

/**
 * Leaves out the cases that a program refuses and says which; what is given (texts, files, a golden's own) is not changed to
 * fit. Throws INPUTS_INVALID when none is left.
 */
export function keepFitting(
  cases: readonly Case[],
  inputs: readonly InputDescription[],
  mapping: ReadonlyMap<string, { readonly parameter: string | null }>,
  layouts: Layouts,
): { readonly cases: readonly Case[]; readonly warnings: readonly string[] } {
  const refused = new Map<string, string>();
  for (const one of cases) {
    for (const { name, shape } of one.inputs) {
      const sizes = sizesOf(name, inputs, mapping);
      if (sizes === undefined) continue;
      const fits = ordersOf(name, sizes.length, layouts).some((order) => fitsLimits(shape, turnBack(sizes, order)));
      const taken = mapping.get(name)?.parameter ?? name;
      if (!fits)
        refused.set(
          one.id,
          `the program takes ${taken} of ${describe(sizes)}, and ${name} is [${shape.join(", ")}] there`,
        );
    }
  }
  const kept = cases.filter((one) => !refused.has(one.id));
  const [first] = refused.values();
  if (kept.length === 0 && first !== undefined) {
    throw new ParityError("INPUTS_INVALID", `The program takes none of the cases: ${first}.`, {
      where: { key: "inputs" },
      hint: "Give inputs of that shape (--input NAME=ids:1x7), or export the program with dynamic_shapes.",
    });
  }
  const warnings = cases.flatMap((one) => {
    const why = refused.get(one.id);
    return why === undefined ? [] : [`case ${one.id} (${one.label}) was left out: ${why}`];
  });
  return { cases: kept, warnings };
}

function sizesOf(
  name: string,
  inputs: readonly InputDescription[],
  mapping: ReadonlyMap<string, { readonly parameter: string | null }>,
): readonly AxisLimit[] | undefined {
  const parameter = mapping.get(name)?.parameter;
  return inputs.find((input) => input.name === parameter)?.sizes;
}

/** Orders of axes in which the original's tensor may be fed, as in numpy's transpose; null as it is. */
function ordersOf(name: string, rank: number, layouts: Layouts): (readonly number[] | null)[] {
  const asked = layouts?.[name];
  const first = channelsFirst(rank);
  const timeMajor = rank === 3 ? [1, 0, 2] : null;
  if (asked === "same") return [null];
  if (asked === "channels-first") return [first];
  if (asked === "time-major") return [timeMajor];
  return [null, ...[first, timeMajor].filter((one) => one !== null)];
}

/** Limits of the program's axes as those of the original's: the program's axis i is the original's axis order[i]. */
function turnBack(sizes: readonly AxisLimit[], order: readonly number[] | null): readonly AxisLimit[] {
  if (order === null) return sizes;
  return sizes.map((size, axis) => sizes[order.indexOf(axis)] ?? size);
}

function describe(sizes: readonly AxisLimit[]): string {
  return `[${sizes.map(describeAxis).join(", ")}]`;
}

function describeAxis({ least, most, step }: AxisLimit): string {
  if (most === least) return String(least);
  const range = most === null ? (least === 0 ? "any" : `≥${least}`) : `${least}…${most}`;
  return step === 1 ? range : `${range} in steps of ${step}`;
}
