import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isPyTorchOnly } from "../config/exported-model.js";
import { filesOfReference } from "../config/files-of-reference.js";
import { recogniseModel } from "../config/models.js";
import type { OriginalFiles } from "../config/original-files.js";
import type { ResolvedReference } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { encodeMetaGraph } from "../formats/tf-proto/meta-graph.js";
import type { TensorFile } from "../formats/types.js";
import { makeCases } from "../inputs/make-cases.js";
import { GOLDEN_FILES, type GoldenManifest } from "../runners/golden/manifest.js";
import { startReference } from "../runners/reference.js";
import { chooseTaps } from "./choose-taps.js";
import { checkTarget, replaceGolden } from "./golden-folder.js";
import { signaturesOf } from "./input-signatures.js";
import { keepRecording } from "./keep-recording.js";
import { makeManifest, writeManifest } from "./make-manifest.js";
import { readOriginal } from "./read-original.js";
import { readableReference } from "./readable-reference.js";
import type { RecordConfig, RecordOptions } from "./record-types.js";
import { SizeLimit } from "./size-limit.js";
import { writeVariables } from "./write-variables.js";

export interface RecordedGolden {
  readonly directory: string;
  readonly manifest: GoldenManifest;
}

/**
 * Runs the reference and keeps what a check needs of it in the folder `out`. Written beside it and renamed when it is
 * complete: an error or an interruption leaves what was there before. Files that are not the golden's own, such as a
 * baseline, stay. Throws USAGE for a reference that is a candidate or a golden, a folder that is something else, and a golden
 * over `maxBytes`; else what the reference throws.
 */
export async function recordGolden(config: RecordConfig, out: string, options: RecordOptions): Promise<RecordedGolden> {
  const { keeping } = options;
  const onProgress = options.onProgress ?? (() => {});
  const originalFiles = requireOriginal(config.reference);
  checkTarget(out);
  const draft = join(dirname(out), `.${basename(out)}.${randomUUID()}.tmp`);
  mkdirSync(draft, { recursive: true });
  const reference = startReference({
    timeoutMs: config.timeout * 1000,
    threads: config.threads,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let checkpoint: TensorFile | null = null;
  try {
    onProgress("reference", "reading the graph");
    const scratch = join(draft, "scratch");
    mkdirSync(scratch);
    const timeoutMs = config.timeout * 1000;
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    const settings = { folder: scratch, seed: config.seed, timeoutMs, ...signal };
    const readable = await readableReference(config.reference, settings);
    const whole = readOriginal(readable.reference);
    ({ checkpoint } = whole);
    const original = { ...whole, taps: chooseTaps(whole.taps, keeping.taps) };
    const cases = makeCases(signaturesOf(original), config.inputs, config.seed);
    const limit = new SizeLimit(keeping.maxBytes, out);
    writeFileSync(join(draft, GOLDEN_FILES.graph), encodeMetaGraph(whole.metaGraph));
    const variables =
      keeping.weights === "none" ? [] : writeVariables(checkpoint, join(draft, GOLDEN_FILES.variables), limit);
    const runtimes = { ...(await reference.hello()), ...readable.exported?.versions };
    onProgress("reference", "restoring the checkpoint");
    await reference.open(original, scratch);
    const kept = await keepRecording({ reference, original, cases, draft, scratch, keeping, limit, onProgress });
    await rm(scratch, { recursive: true, force: true });
    onProgress("reference", "hashing");
    const manifest = await makeManifest({
      config,
      originalFiles,
      keeping,
      runtimes,
      cases,
      kept,
      variables,
      draft,
      whole,
      ...(options.signal && { signal: options.signal }),
    });
    limit.check(draft);
    writeManifest(draft, manifest);
    throwIfAborted(options.signal);
    replaceGolden(draft, out);
    onProgress("reference", `${Object.keys(manifest.recorded).length} tensors in ${cases.length} cases`, true);
    return { directory: out, manifest };
  } catch (error) {
    // An abort shows as whatever it broke first.
    throwIfAborted(options.signal);
    throw error;
  } finally {
    checkpoint?.close();
    await reference.close();
    await rm(draft, { recursive: true, force: true });
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ParityError("INTERRUPTED", "interrupted");
}

/** The files of the original that a golden is made from: nothing else may make one. */
export function requireOriginal(reference: ResolvedReference): OriginalFiles {
  const path = reference.model;
  const model = recogniseModel(path);
  if (model.kind === "python" && isPyTorchOnly(model.file)) {
    throw new ParityError("USAGE", `A golden is recorded from the original, and ${path} is a candidate.`, {
      where: { file: path, key: "reference" },
      hint: "Name the TensorFlow model: --reference models/124M/model.ckpt. A golden made from the port would agree with it whatever it computes.",
    });
  }
  const files = filesOfReference(reference);
  if (files !== null) return files;
  throw new ParityError("USAGE", `${path} is a golden already; a golden is recorded from the original itself.`, {
    where: { file: path, key: "reference" },
    hint: "Name the TensorFlow model: --reference models/124M/model.ckpt",
  });
}
