import { isExported } from "../config/exported-model.js";
import { requireReference } from "../config/models.js";
import type { OriginalModel } from "../config/original-files.js";
import type { ResolvedConfig, ResolvedReference } from "../config/resolved.js";
import { openCheckpoint } from "../formats/tf-checkpoint.js";
import { verifyChecksums } from "../formats/tf-checksums.js";
import { readMetaGraph } from "../formats/tf-proto/read-files.js";
import { readGraphFile } from "../formats/tf-proto/read-graph-file.js";
import { NO_LIMITS, type ShapeLimits } from "../inputs/axis-limits.js";
import { makeCases } from "../inputs/make-cases.js";
import type { Case } from "../inputs/types.js";
import { checkpointModel } from "../tensorflow/checkpoint-model.js";
import { openFrozenGraph } from "../tensorflow/frozen-graph.js";
import type { GraphModel } from "../tensorflow/graph-model.js";
import { openSavedModel } from "../tensorflow/saved-model.js";
import { openTfjsModel } from "../tensorflow/tfjs-model.js";
import { type Original, understandOriginal } from "../tensorflow/understand-original.js";
import { signaturesOf } from "./input-signatures.js";

/** Reads the original's graph and opens its variables; the caller closes `checkpoint`. */
export function readOriginal(reference: ResolvedReference): Original {
  const paths = requireReference(reference.model);
  if (paths.kind === "golden" || isExported(paths)) throw new Error(`a ${paths.kind} is not read as a checkpoint`);
  const model = openGraphModel(paths, reference);
  try {
    return understandOriginal(model, reference.outputs, reference.inputs);
  } catch (error) {
    model.variables.close();
    throw error;
  }
}

/** An original in the one form that all are brought into. The caller closes its variables. */
export function openGraphModel(paths: OriginalModel, reference: ResolvedReference): GraphModel {
  switch (paths.kind) {
    case "tf1-checkpoint": {
      const checkpoint = openCheckpoint(paths.prefix);
      try {
        if (reference.verifyChecksums) verifyChecksums(checkpoint);
        return checkpointModel(readMetaGraph(paths.metaPath), paths.metaPath, checkpoint);
      } catch (error) {
        checkpoint.close();
        throw error;
      }
    }
    case "saved-model":
      return openSavedModel(paths.directory, reference);
    case "tfjs-graph":
      return openTfjsModel(paths.file);
    case "frozen-graph":
      return openFrozenGraph(readGraphFile(paths.file), paths.file);
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
