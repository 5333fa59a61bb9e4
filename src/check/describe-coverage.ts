import type { WeightResult } from "../report/types.js";
import type { Sides } from "./run-sides.js";
import type { SettledPairs } from "./settle-pairs.js";

/** What a passing check did not look at, in sentences (CAUSES.md: "say what a passing check did not cover"). */
export function describeCoverage(sides: Sides, settled: SettledPairs, weights: readonly WeightResult[]): string[] {
  const sentences: string[] = [];
  const outputs = settled.unmatched.reference.filter((tap) => tap.isOutput).map((tap) => tap.id);
  if (outputs.length > 0)
    sentences.push(`the original's output ${list(outputs)} has no partner in the port and was not compared`);
  const called = new Set(sides.free.taps.map((tap) => tap.path));
  const idle = sides.description.modules
    .filter((module) => module.parameters.length > 0 && !called.has(module.path) && module.path !== "")
    .map((module) => module.path);
  if (idle.length > 0)
    sentences.push(`modules that no case called (their parameters may still be used): ${list(idle)}`);
  const lost = weights
    .filter((weight) => weight.verdict === "unassigned" && weight.candidate !== null)
    .map((weight) => weight.candidate as string);
  if (lost.length > 0) sentences.push(`parameters without a variable in the checkpoint: ${list(lost)}`);
  const lengths = new Set(sides.cases.flatMap((one) => one.inputs.map((input) => input.shape.at(-1) ?? 1)));
  if (lengths.size === 1) sentences.push(`only inputs of length ${[...lengths][0]} were run`);
  if (!sides.cases.some((one) => one.inputs.some((input) => (input.shape[0] ?? 1) > 1)))
    sentences.push("only batches of one were run");
  sentences.push("training: dropout, batch statistics and gradients are not observable in a forward pass");
  return sentences;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
