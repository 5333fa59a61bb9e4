import { join } from "node:path";
import { type CandidateModel, isCandidate, recogniseModel, requireCandidate } from "../../config/models.js";
import { ParityError } from "../../errors.js";
import { openTensorFile } from "../../formats/open.js";
import { prepareFormats } from "../../formats/prepare.js";
import { readableNames } from "../../formats/readable-names.js";
import { openSafetensors } from "../../formats/safetensors.js";
import type { TensorFile } from "../../formats/types.js";
import { classifyVariables } from "../../inspect/classify-variables.js";
import type { CandidateDescription, ParameterDescription } from "../../runners/candidate.js";
import { describeEntry } from "../describe-entry.js";
import { startAnyCandidate } from "../start-candidate.js";
import { expectWeights } from "../stored-weights.js";
import type { WeighInput } from "../weigh.js";
import type { OriginalWeights } from "./open-original-weights.js";
import { renameTensors } from "./rename-tensors.js";

export interface CandidateWeights {
  readonly file: TensorFile;
  readonly description: CandidateDescription;
  readonly proven: WeighInput["proven"];
  readonly live: boolean;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly python: string | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** An empty folder for what the model holds. */
  readonly scratch: string;
  readonly map: Readonly<Record<string, string>>;
}

/**
 * Opens the weights of a candidate: a file of tensors, or a model that a check can run (`file.py:callable`, a program, an ONNX model, a
 * folder of transformers'), which is opened in a process of its own: it knows how each of its parameters has to lie.
 */
export async function openCandidateWeights(
  path: string,
  original: OriginalWeights,
  options: LiveOptions,
): Promise<CandidateWeights> {
  const model = findModel(path);
  if (model !== null) return buildCandidate(path, model, original, options);
  await prepareFormats(path);
  const opened = openTensorFile(path);
  const file = renameTensors(opened, readableNames(opened));
  const description = describeFile(file, original);
  return { file, description, proven: undefined, live: false, close: async () => file.close() };
}

/** The model that a check would run, null for files of weights. What is wrong with a path to code is said before Python starts. */
function findModel(path: string): CandidateModel | null {
  if (/\.py(:|$)/.test(path)) return requireCandidate(path);
  try {
    const model = recogniseModel(path);
    return isCandidate(model) ? model : null;
  } catch (error) {
    // A file of weights is recognised by its own readers.
    if (error instanceof ParityError) return null;
    throw error;
  }
}

async function buildCandidate(
  path: string,
  model: CandidateModel,
  { file: checkpoint, keys }: OriginalWeights,
  { python, timeoutMs, signal, scratch, map }: LiveOptions,
): Promise<CandidateWeights> {
  const settings = { python, timeoutMs, signal, weights: null, kwargs: {}, env: {}, seed: 0, threads: 0 };
  const candidate = startAnyCandidate({ ...describeEntry(path, model), ...settings });
  try {
    await candidate.hello();
    const description = await candidate.open();
    const expected = expectWeights(description, checkpoint, keys, map);
    const out = join(scratch, "weights.safetensors");
    const stored = Object.fromEntries([...expected].map(([name, one]) => [name, one.stored]));
    const equal = new Set(await candidate.weights(out, stored));
    const file = openSafetensors(out);
    const close = async (): Promise<void> => {
      file.close();
      await candidate.close();
    };
    return { file, description, proven: new Map([...expected].filter(([name]) => equal.has(name))), live: true, close };
  } catch (error) {
    await candidate.close();
    throw error;
  }
}

/**
 * What a file of weights says of itself. It knows no modules: only where both sides call a tensor by the same name and shape is its
 * order of axes known, which is the same.
 */
function describeFile(file: TensorFile, original: OriginalWeights): CandidateDescription {
  const first = new Map(file.aliases.flatMap(([name, ...others]) => others.map((other) => [other, name ?? null])));
  const all = [...file.tensors.values()].filter((one) => one.dtype !== "string");
  const kinds = classifyVariables(all.map(({ name, dtype, shape }) => ({ name, key: name, dtype, shape })));
  const tensors = all.filter((_, i) => kinds[i]?.kind === "parameter" || kinds[i]?.kind === "statistic");
  const parameters = tensors.map(({ name, dtype, shape }): ParameterDescription => {
    const twin = original.file.tensors.get(name);
    const isSame = twin !== undefined && twin.shape.join() === shape.join();
    return {
      name,
      module: name.slice(0, Math.max(0, name.search(/[./][^./]*$/))),
      kind: "parameter",
      persistent: true,
      dtype,
      shape,
      sameAs: first.get(name) ?? null,
      // The layout in which a parameter lies as the variable does (docs/protocol.md).
      expectedLayout: isSame ? "conv1d" : "unknown",
    };
  });
  return { inputs: [], modules: [], warnings: [], parameters };
}
