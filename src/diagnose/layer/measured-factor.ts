import type { TracedOp } from "../../runners/edits.js";
import { tensorsIn } from "../look.js";
import { fitRatio } from "../residual/fit.js";
import type { Situation } from "../situation.js";
import { counterpartsOf, samplesOf } from "./counterparts.js";
import type { FactorSite } from "./factor-sites.js";
import { outputOf } from "./refer.js";

/** rms misfit up to which two tensors are multiples of each other: float32 rounding of a layer. */
const SAME_MULTIPLE = 1e-5;

export interface MeasuredFactor {
  readonly ratio: number;
  /** The original's tensor that is that many times the candidate's. */
  readonly tensor: string;
  readonly misfit: number;
}

/** The original's tensor of which a site's result is a multiple, by least squares over its elements; null when none is. */
export function measureFactor(situation: Situation, site: Pick<FactorSite, "op">): MeasuredFactor | null {
  const output = outputOf(site.op);
  return output === null ? null : multipleOf(situation, output);
}

/** A summand that the original adds another multiple of: original = one + ratio · other. */
export interface MeasuredSummand extends MeasuredFactor {
  /** Position of the scaled summand among the arguments. */
  readonly at: number;
}

/** The factor of one summand of a sum of two tensors of one shape. A ratio of 1 or 0 is none. */
export function measureSummand(situation: Situation, op: TracedOp): MeasuredSummand | null {
  const [a, b] = tensorsIn(op);
  const shape = situation.tensors.get(op.outputs[0] ?? "")?.shape;
  if (op.key.name !== "add" || a === undefined || b === undefined || shape === undefined) return null;
  const [first, second] = [a, b].map((one) =>
    situation.tensors.get(one)?.shape.join() === shape.join() ? samplesOf(situation, one) : null,
  );
  if (!first || !second) return null;
  for (const other of counterpartsOf(situation, shape)) {
    for (const [at, rest, scaled] of [
      [1, first, second],
      [0, second, first],
    ] as const) {
      const fit = fitRatio(
        scaled,
        other.values.map((value, i) => value - (rest[i] ?? Number.NaN)),
      );
      const own = fit !== null && fit.misfit <= 10 * SAME_MULTIPLE && Math.abs(fit.ratio) > 1e-3;
      if (fit !== null && own && Math.abs(fit.ratio - 1) > 1e-4)
        return { at, ratio: fit.ratio, tensor: other.tensor, misfit: fit.misfit };
    }
  }
  return null;
}

/** The same for any tensor of the candidate. A ratio of 1 is no multiple. */
export function multipleOf(situation: Situation, tensor: string): MeasuredFactor | null {
  const shape = situation.tensors.get(tensor)?.shape;
  const values = shape === undefined ? null : samplesOf(situation, tensor);
  if (shape === undefined || values === null || values.length < 8) return null;
  for (const other of counterpartsOf(situation, shape)) {
    const fit = fitRatio(values, other.values);
    if (fit !== null && fit.misfit <= SAME_MULTIPLE && Math.abs(fit.ratio - 1) > SAME_MULTIPLE)
      return { ratio: fit.ratio, tensor: other.tensor, misfit: fit.misfit };
  }
  return null;
}
