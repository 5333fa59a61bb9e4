import type { ResolvedInputs } from "../config/resolved.js";
import { NO_LIMITS, type ShapeLimits } from "./axis-limits.js";
import { casesFromFiles } from "./cases-from-files.js";
import { generateCases } from "./generate-cases.js";
import { parseInputSpec } from "./input-spec.js";
import { inputsError } from "./inputs-error.js";
import { textCases } from "./text-cases.js";
import type { Case, InputSignature, InputTensor } from "./types.js";
import { findSignature, tensorFromSpec } from "./value-tensor.js";

/**
 * All cases of a run: texts, then files, then generated ones, numbered through. Inputs under `values` are the same in every
 * case; when they cover all inputs they are a case of their own.
 *
 * @param limits sizes that the candidate allows, which only generated cases heed
 */
export function makeCases(
  signatures: readonly InputSignature[],
  inputs: ResolvedInputs,
  seed: number,
  limits: ShapeLimits = NO_LIMITS,
): Case[] {
  const given = givenTensors(signatures, inputs, seed);
  const cases: Case[] = [];
  if (inputs.texts.length > 0 && inputs.vocabulary !== null) {
    cases.push(...textCases(inputs.texts, inputs.vocabulary, signatures, { seed, given }));
  }
  cases.push(...casesFromFiles(inputs.files, signatures, given));
  if (inputs.generate) cases.push(...generateCases(signatures, { seed, given, limits }));
  if (cases.length === 0) {
    throw inputsError(
      "There are no inputs to run: generate is false and neither text nor files are given.",
      { key: "inputs" },
      "Set inputs.generate to true, or give --text or --input.",
    );
  }
  return cases.map((one, index) => ({ ...one, id: `c${index}` }));
}

function givenTensors(signatures: readonly InputSignature[], inputs: ResolvedInputs, seed: number): InputTensor[] {
  const given = new Map<string, InputTensor>();
  for (const { name, spec, directory } of inputs.values) {
    const signature = findSignature(name, signatures);
    const parsed =
      typeof spec === "string" ? parseInputSpec(spec, directory) : ({ kind: "json", value: spec } as const);
    given.set(signature.name, tensorFromSpec(parsed, signature, seed));
  }
  return [...given.values()];
}
