import type { WeightResult } from "../report/types.js";
import { describeInputCoverage } from "./describe-input-coverage.js";
import { describeTrainingCoverage } from "./describe-training-coverage.js";
import { findConstantParameters } from "./find-constant-parameters.js";
import { findStridedOps } from "./find-strided-ops.js";
import { listNames } from "./list-names.js";
import type { Sides } from "./run-sides.js";
import type { SettledPairs } from "./settle-pairs.js";

/** What a passing check did not look at, in sentences, the most particular first. */
export function describeCoverage(sides: Sides, settled: SettledPairs, weights: readonly WeightResult[]): string[] {
  const outputs = settled.unmatched.reference.filter((tap) => tap.isOutput).map((tap) => tap.id);
  const called = new Set(sides.free.taps.map((tap) => tap.path));
  const idle = sides.description.modules
    .filter((module) => module.parameters.length > 0 && !called.has(module.path) && module.path !== "")
    .map((module) => module.path);
  const lost = weights
    .filter((weight) => weight.verdict === "unassigned" && weight.candidate !== null && weight.reference === null)
    .map((weight) => weight.candidate as string);
  const constant = findConstantParameters(sides);
  return [
    ...(outputs.length === 0
      ? []
      : [`the original's output ${listNames(outputs)} has no partner in the port and was not compared`]),
    ...(idle.length === 0
      ? []
      : [`modules that no case called (their parameters may still be used): ${listNames(idle)}`]),
    ...(lost.length === 0 ? [] : [`parameters without a variable in the checkpoint: ${listNames(lost)}`]),
    ...describeInputCoverage(sides.allCases, sides.original.inputs, findStridedOps(sides.original)),
    ...(constant.length === 0
      ? []
      : [
          `the order within parameters whose values are all the same in this checkpoint, and which of them is loaded where: ${listNames(constant)}`,
        ]),
    ...describeTrainingCoverage(sides.description.modules),
  ];
}
