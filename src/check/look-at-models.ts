import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { filesOfReference } from "../config/files-of-reference.js";
import { requireCandidate, requireReference } from "../config/models.js";
import { plainReference } from "../config/plain-reference.js";
import type { ConfigFacts } from "../config/render-config.js";
import { folderName } from "../config/resolve.js";
import { nearModelPath } from "../config/torch-models.js";
import { ParityError } from "../errors.js";
import type { Original } from "../tensorflow/understand-original.js";
import { describeEntry } from "./describe-entry.js";
import { signaturesOf } from "./input-signatures.js";
import { mapInputs } from "./map-inputs.js";
import { readOriginal } from "./read-original.js";
import { readableReference } from "./readable-reference.js";
import { startAnyCandidate } from "./start-candidate.js";

/** Which two models to look at. */
export interface ModelsToLookAt {
  /** Absolute. */
  readonly reference: string;
  /** Absolute, `/…/port.py:build`. */
  readonly candidate: string;
  /** As typed: a path or a command. */
  readonly python: string | null;
  /** The folder that the configuration goes into. */
  readonly directory: string;
  readonly signal?: AbortSignal;
}

/** Long enough to build a large model. */
const TIMEOUT_MS = 600_000;

/**
 * What a configuration for these two should say. The original's graph is read; the port is built, so that a port that cannot be is
 * told now and not by the first check.
 */
export async function lookAtModels(models: ModelsToLookAt): Promise<ConfigFacts> {
  const reference = requireReference(models.reference);
  if (reference.kind === "golden") {
    throw new ParityError(
      "USAGE",
      `${models.reference} is a golden, which was recorded with a configuration already.`,
      {
        where: { file: models.reference, key: "--reference" },
        hint: "Give --reference the original checkpoint.",
      },
    );
  }
  const model = requireCandidate(models.candidate);
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  const given = plainReference(models.reference);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(models.signal === undefined ? [] : [models.signal])]);
  const readable = readableReference(given, { folder: scratch, seed: 0, timeoutMs: TIMEOUT_MS, signal });
  // Told where the original is wanted.
  readable.catch(() => {});
  const candidate = startAnyCandidate({
    ...describeEntry(models.candidate, model),
    weights: null,
    kwargs: {},
    python: models.python,
    env: {},
    seed: 0,
    threads: 0,
    timeoutMs: TIMEOUT_MS,
    ...(models.signal === undefined ? {} : { signal: models.signal }),
  });
  let original: Original | null = null;
  try {
    original = readOriginal((await readable).reference);
    const description = await candidate.open();
    const signatures = signaturesOf(original);
    const mapping = mapInputs(signatures, description, {});
    const [graph = models.reference] = filesOfReference(given)?.index ?? [];
    const folder = dirname(graph);
    return {
      name: folderName(basename(models.directory)),
      reference: near(models.directory, models.reference),
      candidate: nearModelPath(models.candidate, models.directory),
      inputs: signatures.map((one) => ({
        name: one.name,
        dtype: one.dtype,
        shape: one.shape,
        note:
          one.role !== "token-ids"
            ? null
            : `token ids${one.vocabularySize === null ? "" : ` below ${one.vocabularySize}`}${one.contextLength === null ? "" : `, up to ${one.contextLength} of them`}`,
        parameter: mapping.get(one.name)?.parameter ?? null,
      })),
      switches: original.inputs.flatMap((input) =>
        input.inferenceValue === null ? [] : [{ name: input.name, value: input.inferenceValue }],
      ),
      outputs: original.pass.outputs.map((output) => `${output.node}:${output.slot}`),
      hasVocabulary:
        signatures.some((one) => one.role === "token-ids") &&
        (existsSync(join(folder, "encoder.json")) || existsSync(join(folder, "tokenizer.json"))),
      weightCount: new Set(original.variables.map((variable) => variable.key)).size,
      python: models.python,
    };
  } finally {
    stop.abort();
    original?.checkpoint.close();
    await Promise.all([candidate.close(), readable.catch(() => {})]);
    await rm(scratch, { recursive: true, force: true });
  }
}

function near(directory: string, path: string): string {
  return relative(directory, path) || ".";
}
