import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import { readableNames } from "../formats/readable-names.js";
import type { TensorFile } from "../formats/types.js";
import { openSavedModel } from "../tensorflow/saved-model.js";
import { readSettings, readVocabularies } from "./beside.js";
import { classifyVariables } from "./classify-variables.js";
import { readGraphFacts } from "./graph-facts.js";
import { openInspected } from "./open-inspected.js";
import type { Amount, InspectedVariable, Inspection, VariableKind } from "./types.js";

const KINDS: readonly VariableKind[] = ["parameter", "statistic", "slot", "average", "bookkeeping"];

/**
 * What a model is made of, without running it and without its framework: its variables and what they are for, its graph where there
 * is one, the settings and vocabularies beside it. Reads no values. Throws as `openInspected`, and as the graph's reader.
 */
export async function inspectModel(path: string): Promise<Inspection> {
  const file = await openInspected(path);
  try {
    const variables = describeVariables(file, savedNames(path));
    return {
      schemaVersion: 1,
      path,
      format: nameFormat(file),
      amounts: Object.fromEntries(KINDS.map((kind) => [kind, sumOf(variables, kind, file)])) as Inspection["amounts"],
      variables,
      tied: file.aliases,
      graph: readGraphFacts(path, file),
      settings: readSettings(path, file),
      vocabulary: readVocabularies(path),
      unread: JSON.parse(file.metadata.unsupportedTensors ?? "[]") as Inspection["unread"],
    };
  } finally {
    file.close();
  }
}

/** The names that a SavedModel's own graph has for what its forward pass uses; none for any other model. */
function savedNames(path: string): ReadonlyMap<string, string> {
  if (!existsSync(join(path, "saved_model.pb"))) return new Map();
  try {
    const model = openSavedModel(path, { signature: null, outputs: null });
    model.variables.close();
    return new Map([...model.restore.keys].map(([key, stored]) => [stored, key]));
  } catch (error) {
    // Of several signatures, or of none, no forward pass is known.
    if (error instanceof ParityError) return new Map();
    throw error;
  }
}

function describeVariables(file: TensorFile, known: ReadonlyMap<string, string>): InspectedVariable[] {
  const names = new Map([...readableNames(file), ...known]);
  const named = [...file.tensors.values()].map(({ name: key, dtype, shape, byteLength }) => ({
    name: names.get(key) ?? key,
    key,
    dtype,
    shape,
    elements: elementCount(shape),
    bytes: byteLength,
  }));
  const classified = classifyVariables(named);
  return named.map((one, i) => {
    // Sizes and places that an exporter wrote down as numbers are no parameters.
    const isPlumbing = file.format === "onnx" && !/^(float|bfloat|complex)/.test(one.dtype);
    return {
      ...one,
      kind: isPlumbing ? "bookkeeping" : (classified[i]?.kind ?? "parameter"),
      of: classified[i]?.of ?? null,
    };
  });
}

/** Tied tensors are counted once. */
function sumOf(variables: readonly InspectedVariable[], kind: VariableKind, file: TensorFile): Amount {
  const repeated = new Set(file.aliases.flatMap(([, ...others]) => others));
  const own = variables.filter((one) => one.kind === kind && !repeated.has(one.key));
  return {
    tensors: own.length,
    elements: own.reduce((sum, one) => sum + (one.dtype === "string" ? 0 : one.elements), 0),
    bytes: own.reduce((sum, one) => sum + one.bytes, 0),
  };
}

function nameFormat(file: TensorFile): string {
  switch (file.format) {
    case "tf-checkpoint":
      return file.tensors.has("_CHECKPOINTABLE_OBJECT_GRAPH")
        ? "TensorFlow checkpoint (object-based)"
        : "TensorFlow checkpoint";
    case "torch-zip":
      return "PyTorch checkpoint";
    case "hdf5":
      return file.metadata.keras_version === undefined ? "HDF5 file" : `Keras ${file.metadata.keras_version} HDF5 file`;
    case "keras":
      return "Keras model";
    case "torch-export":
      return "torch.export program";
    case "tf-graph":
      return "TensorFlow graph";
    case "onnx":
      return `ONNX model (${file.metadata.producer || "unknown producer"})`;
    default:
      return file.format;
  }
}
