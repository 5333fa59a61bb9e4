import type { TwoSides } from "./compare-pairs.js";
import { formatExponent } from "./format-exponent.js";
import type { Sides } from "./run-sides.js";

/** What a golden that keeps less than everything leaves unseen, in sentences. */
export function describeStored(
  sides: Pick<Sides, "golden" | "cases" | "reference" | "description">,
  two: TwoSides,
): string[] {
  if (sides.golden === null) return [];
  const { storage, sketchElements, declared } = sides.golden.manifest;
  const lossIn = (id: string): number =>
    Math.max(0, ...sides.reference.taps.map((tap) => two.reference.lossOf(id, tap.tensor ?? tap.id)));
  const losses = sides.cases.map(({ id }) => lossIn(id)).filter((loss) => loss > 0);
  const sketched = sides.cases.filter(({ id }) => two.reference.isSketched(id));
  const unweighed = declared === undefined ? [] : sides.description.parameters.filter((one) => one.persistent);
  return [
    ...(unweighed.length === 0
      ? []
      : [
          `weights: the golden keeps none (parity record --weights all keeps them), so ${unweighed.length} parameters were held against no variable; a wrong one shows only in what it computes here`,
        ]),
    ...(losses.length === 0
      ? []
      : [
          `what ${storage} rounded off hidden states of the golden in ${countOf(losses.length, sides)}: up to ${formatExponent(Math.max(...losses))} of a tensor is in its noise floor`,
        ]),
    ...(sketched.length === 0 ? [] : [describeSketches(sketched.length, sides, sketchElements)]),
  ];
}

function describeSketches(count: number, sides: Pick<Sides, "cases">, elements: number | undefined): string {
  const kept = `hidden states of ${countOf(count, sides)} are sketches in the golden (${elements ?? "some"} elements of each, figures of every channel)`;
  return count === sides.cases.length
    ? `${kept}: no layer could be fed the original's own tensors, and nothing is known behind the first that differs`
    : `${kept}: there a layer is judged on the error that reaches it, and not at all behind one that differs`;
}

function countOf(count: number, { cases }: Pick<Sides, "cases">): string {
  return count === cases.length ? "all cases" : `${count} of ${cases.length} cases`;
}
