import { requireReference } from "../config/models.js";
import type { ResolvedConfig, ResolvedReference } from "../config/resolved.js";
import { openCheckpoint } from "../formats/tf-checkpoint.js";
import { verifyChecksums } from "../formats/tf-checksums.js";
import { readMetaGraph } from "../formats/tf-proto/read-files.js";
import { NO_LIMITS, type ShapeLimits } from "../inputs/axis-limits.js";
import { makeCases } from "../inputs/make-cases.js";
import type { Case } from "../inputs/types.js";
import { type Original, understandOriginal } from "../tensorflow/understand-original.js";
import { signaturesOf } from "./input-signatures.js";

/** Reads the original's graph and the directory of its checkpoint; the caller closes `checkpoint`. */
export function readOriginal(reference: ResolvedReference): Original {
  const paths = requireReference(reference.model);
  if (paths.kind === "golden") throw new Error("a golden is not read as a checkpoint");
  const checkpoint = openCheckpoint(paths.prefix);
  try {
    if (reference.verifyChecksums) verifyChecksums(checkpoint);
    const metaGraph = readMetaGraph(paths.metaPath);
    return understandOriginal(metaGraph, paths.metaPath, checkpoint, reference.outputs, reference.inputs);
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

/** All cases of a check, whichever of them this run is for. */
export function casesOf(
  original: Original,
  config: Pick<ResolvedConfig, "inputs" | "seed">,
  limits: ShapeLimits = NO_LIMITS,
): Case[] {
  return makeCases(signaturesOf(original), config.inputs, config.seed, limits);
}
