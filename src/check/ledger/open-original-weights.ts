import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FoldableNorm } from "../../align/derive-folded-norm.js";
import type { RecurrentEvidenceOf } from "../../align/derive-recurrent.js";
import { findCheckpoint } from "../../config/find-checkpoint.js";
import { isGolden } from "../../config/golden-folder.js";
import { plainReference } from "../../config/plain-reference.js";
import { ParityError } from "../../errors.js";
import { openTensorFile } from "../../formats/open.js";
import { prepareFormats } from "../../formats/prepare.js";
import { readableNames } from "../../formats/readable-names.js";
import { readMetaGraph } from "../../formats/tf-proto/read-files.js";
import type { TensorFile } from "../../formats/types.js";
import { classifyVariables } from "../../inspect/classify-variables.js";
import { GOLDEN_FILES } from "../../runners/golden/manifest.js";
import { storedModel } from "../../tensorflow/checkpoint-model.js";
import { understandOriginal } from "../../tensorflow/understand-original.js";
import { foldableNorms } from "../foldable-norms.js";
import { readOriginal } from "../read-original.js";
import { recurrentEvidence } from "../recurrent-evidence.js";
import { renameTensors } from "./rename-tensors.js";

export interface OriginalWeights {
  /** Under readable names; the caller closes it. */
  readonly file: TensorFile;
  /** Names of what a candidate is to hold. */
  readonly keys: readonly string[];
  /** Tensors that training alone needs. */
  readonly setApart: number;
  readonly evidence: RecurrentEvidenceOf | undefined;
  /** The batch norms that a candidate may have folded, where there is a graph that tells. */
  readonly norms?: () => readonly FoldableNorm[];
}

/**
 * Opens the weights of an original: any file of tensors, or a golden. Where a TensorFlow 1 graph lies beside them, what its forward
 * pass uses is what counts; elsewhere names tell what training left there. Errors as `openTensorFile`.
 */
export async function openOriginalWeights(path: string): Promise<OriginalWeights> {
  if (/\.py:[^/]*$/.test(path)) {
    throw new ParityError("USAGE", `The reference ${path} is Python code; the reference is a file of weights.`, {
      where: { file: path },
      hint: "The original comes first: parity weights ORIGINAL CANDIDATE",
    });
  }
  const graph = openGraphWeights(path);
  if (graph !== null) return graph;
  const weights = isGolden(path) ? join(path, GOLDEN_FILES.variables) : path;
  await prepareFormats(weights);
  const opened = openTensorFile(weights);
  try {
    const file = renameTensors(opened, readableNames(opened));
    const used = usedByGraph(path, file);
    const tensors = [...file.tensors.values()].filter((one) => one.dtype !== "string");
    if (used !== null) {
      const keys = tensors.flatMap(({ name }) => (used.keys.has(name) ? [name] : []));
      return { file, keys, setApart: file.tensors.size - keys.length, evidence: used.evidence, norms: used.norms };
    }
    const kinds = classifyVariables(tensors.map(({ name, dtype, shape }) => ({ name, key: name, dtype, shape })));
    const keys = tensors.flatMap(({ name }, i) =>
      kinds[i]?.kind === "parameter" || kinds[i]?.kind === "statistic" ? [name] : [],
    );
    return { file, keys, setApart: file.tensors.size - keys.length, evidence: undefined };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** What the forward pass of a SavedModel or a frozen graph uses; null for every other kind of model. */
function openGraphWeights(path: string): OriginalWeights | null {
  const isSavedModel = existsSync(join(path, "saved_model.pb"));
  if (!isSavedModel && !/\.(pb|pbtxt)$/i.test(path)) return null;
  const original = readOriginal(plainReference(path));
  const { constants, prefix } = original.restore;
  // A constant kernel beside stored variables may be turned by the graph before it is used: only running it tells.
  const counted = original.variables.filter((variable) => prefix === null || !constants.has(variable.node));
  const keys = [...new Set(counted.map((variable) => variable.key))];
  return {
    file: original.checkpoint,
    keys,
    setApart: 0,
    evidence: recurrentEvidence(original),
    norms: foldableNorms(original),
  };
}

/** What the forward pass of the graph beside a TensorFlow 1 checkpoint reads; null where there is no such graph. */
function usedByGraph(path: string, checkpoint: TensorFile) {
  try {
    const found = findCheckpoint(path);
    if (found === null) return null;
    const original = understandOriginal(storedModel(readMetaGraph(found.metaPath), found.metaPath, checkpoint), null);
    return {
      keys: new Set(original.variables.map((one) => one.key)),
      evidence: recurrentEvidence(original),
      norms: foldableNorms(original),
    };
  } catch (error) {
    // Weights can be compared without their graph, also where it is damaged or of another checkpoint.
    if (error instanceof ParityError) return null;
    throw error;
  }
}
