import { extname } from "node:path";
import { requireCandidate } from "../config/models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";

/**
 * Refuses, before anything runs, a `--fix` file that the candidate's repaired weights cannot be written to: those of an ONNX model
 * are the model with other initializers, those of code a state dict.
 */
export function requireFittingFix({ candidate, fix }: ResolvedConfig): void {
  if (fix === undefined) return;
  const isOnnx = requireCandidate(candidate.model).kind === "onnx";
  if (isOnnx === (extname(fix.file).toLowerCase() === ".onnx")) return;
  throw new ParityError(
    "USAGE",
    isOnnx
      ? `The candidate ${candidate.model} is an ONNX model: its repair is a model, not ${fix.file}.`
      : `The candidate ${candidate.model} is code: its repair is a state dict, not ${fix.file}.`,
    {
      where: { file: fix.file, key: "--fix" },
      hint: isOnnx ? "Name a model: --fix repaired.onnx" : "Name a file of weights: --fix repaired.safetensors",
    },
  );
}
