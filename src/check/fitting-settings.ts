import { requireCandidate } from "../config/models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";

/** Refuses, before anything runs, settings of the candidate that an ONNX model cannot be given: it would silently run without them. */
export function requireFittingSettings({ candidate }: Pick<ResolvedConfig, "candidate">): void {
  if (requireCandidate(candidate.model).kind !== "onnx") return;
  const { device, dtype, compile, weights, kwargs } = candidate;
  const given = [
    ...(device !== undefined && device !== "cpu" ? ["device"] : []),
    ...(dtype !== undefined && dtype !== "float32" ? ["dtype"] : []),
    ...(compile === true ? ["compile"] : []),
    ...(weights !== null ? ["weights"] : []),
    ...(Object.keys(kwargs).length > 0 ? ["kwargs"] : []),
  ];
  const [first] = given;
  if (first === undefined) return;
  throw new ParityError(
    "USAGE",
    `The candidate ${candidate.model} is an ONNX model, which has no ${given.join(", no ")} to be set.`,
    {
      where: { file: candidate.model, key: `candidate.${first}` },
      hint: "An ONNX model runs as it is, on the CPU. Leave the setting out, or export the model with it.",
    },
  );
}
