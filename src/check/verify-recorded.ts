import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SAME_LAYOUT } from "../compare/types.js";
import type { ResolvedRecording } from "../config/resolve-record.js";
import type { TensorFile } from "../formats/types.js";
import { type OpenRecording, openRecording } from "../recording/open-recording.js";
import { GOLDEN_FILES } from "../runners/golden/manifest.js";
import { type OpenGolden, openGolden } from "../runners/golden/open-golden.js";
import { readCases } from "../runners/golden/read-cases.js";
import { compareReference } from "../runners/golden/reference-files.js";
import { findDamage } from "../runners/golden/verify-files.js";
import { openGoldenReference } from "../runners/golden.js";
import { startReference } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { compareWithRecorded } from "./compare-pairs.js";
import { referenceCases } from "./map-inputs.js";
import { readOriginal } from "./read-original.js";
import { readableReference } from "./readable-reference.js";
import { requireOriginal } from "./record-golden.js";

/** Whether a golden is what the original gives today. */
export interface VerifiedGolden {
  readonly holds: boolean;
  /** What is wrong with it before anything was run: damaged files, another checkpoint. */
  readonly reasons: readonly string[];
  /** Tensors, counted in every case. */
  readonly compared: number;
  readonly identical: number;
  /** The largest relative L2 error; null where nothing was run. */
  readonly worst: { readonly tensor: string; readonly case: string; readonly relative: number } | null;
  readonly runtimes: Readonly<Record<string, string>>;
}

/**
 * Accumulated relative L2 error up to which two runs of one graph are the same: other kernels and another number of threads
 * add in another order. The same limit below which a check asks no question of an output.
 */
const SAME_RUN = 1e-5;
/** Of a tensor that was rounded for storage so many times as much as that may have cost it: a unit in the last place. */
const SAME_STORED = 2;

/** Runs the original on the golden's cases and compares every recorded tensor. Throws what the reference throws. */
export async function verifyRecorded(
  config: Pick<ResolvedRecording["config"], "reference" | "threads" | "timeout">,
  directory: string,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<VerifiedGolden> {
  const golden = openGolden(directory);
  const files = requireOriginal(config.reference);
  onProgress("hashing");
  const reasons = [
    ...(await findDamage(golden, signal)),
    ...(await compareReference(files, golden.manifest.reference.files, true, signal)),
  ];
  if (reasons.length > 0) return { holds: false, reasons, compared: 0, identical: 0, worst: null, runtimes: {} };
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  const reference = startReference({ timeoutMs: config.timeout * 1000, threads: config.threads, signal });
  const { outputs, inputs } = golden.manifest.reference;
  let checkpoint: TensorFile | null = null;
  try {
    const settings = { folder: scratch, seed: golden.manifest.seed, timeoutMs: config.timeout * 1000, signal };
    const readable = await readableReference(
      { ...config.reference, outputs, inputs, verifyChecksums: false },
      settings,
    );
    const whole = readOriginal(readable.reference);
    ({ checkpoint } = whole);
    const taps = whole.taps.filter((tap) => Object.hasOwn(golden.manifest.recorded, tap.tensor));
    const original: Original = { ...whole, taps };
    const runtimes = { ...(await reference.hello()), ...readable.exported?.versions };
    onProgress("restoring the checkpoint");
    await reference.open(original, scratch);
    const cases = referenceCases(readCases(golden), golden.pathOf(GOLDEN_FILES.inputs));
    onProgress("running the original");
    const again = await reference.record(original, cases, join(scratch, "again"));
    const own = new Map(golden.manifest.cases.map((one) => [one.id, one]));
    const kept = await openGoldenReference(golden, own, "").record(original, cases, join(scratch, "kept"));
    return { ...compareAll(golden, openRecording(kept.directory), openRecording(again.directory)), runtimes };
  } finally {
    checkpoint?.close();
    await reference.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function compareAll(golden: OpenGolden, kept: OpenRecording, again: OpenRecording): Omit<VerifiedGolden, "runtimes"> {
  const { recorded } = golden.manifest;
  let holds = true;
  let [compared, identical] = [0, 0];
  let worst: VerifiedGolden["worst"] = null;
  const reasons: string[] = [];
  try {
    for (const [tensor, shapes] of Object.entries(recorded)) {
      for (const id of Object.keys(shapes)) {
        const now = again.tensor(id, tensor);
        const before = (kept.tensor(id, tensor) ?? kept.sketch(id, tensor))?.shape;
        const isSame = now !== undefined && before?.join() === now.shape.join();
        const metrics = isSame ? compareWithRecorded(kept, id, tensor, now, SAME_LAYOUT) : null;
        if (metrics === null) {
          reasons.push(`${tensor} of case ${id} has another shape than it had`);
          continue;
        }
        compared++;
        const isEqual = metrics.identical || (metrics.smallestTolerance === 0 && metrics.nonFiniteMismatch === null);
        if (isEqual) identical++;
        const relative = metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY;
        if (!isEqual && relative > (worst?.relative ?? -1)) worst = { tensor, case: id, relative };
        holds &&= relative <= Math.max(SAME_RUN, SAME_STORED * kept.lossOf(id, tensor));
      }
    }
  } finally {
    kept.close();
    again.close();
  }
  return {
    holds: holds && reasons.length === 0,
    reasons,
    compared,
    identical,
    worst,
  };
}
