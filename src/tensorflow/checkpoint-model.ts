import type { TfCheckpoint } from "../formats/tf-checkpoint.js";
import type { MetaGraphDef } from "../formats/tf-proto/types.js";
import type { TensorFile } from "../formats/types.js";
import { type GraphModel, restoreFrom } from "./graph-model.js";

/** A TensorFlow 1 graph (`.meta`) with its checkpoint. */
export function checkpointModel(metaGraph: MetaGraphDef, file: string, checkpoint: TfCheckpoint): GraphModel {
  return withVariables(metaGraph, file, checkpoint, checkpoint.metadata.prefix ?? null);
}

/** A graph that was brought into this form before, with its variables beside it (a golden). It cannot be restored. */
export function storedModel(metaGraph: MetaGraphDef, file: string, variables: TensorFile): GraphModel {
  return withVariables(metaGraph, file, variables, null);
}

function withVariables(
  metaGraph: MetaGraphDef,
  file: string,
  variables: TensorFile,
  prefix: string | null,
): GraphModel {
  // The Saver's `.meta` has no signatures; what has them was a SavedModel.
  const [signature] = metaGraph.signatureDef.values();
  const outputs = signature === undefined ? [] : [...signature.outputs];
  return {
    metaGraph,
    file,
    variables,
    restore: restoreFrom(prefix),
    outputs: signature === undefined ? null : outputs.map(([, info]) => info.name),
    outputNames: new Map(outputs.map(([key, info]) => [info.name, key])),
  };
}
