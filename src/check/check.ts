import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.js";
import { resolveConfig } from "../config/resolve.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { openRecording } from "../recording/open-recording.js";
import type { CheckResult } from "../report/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { explain } from "./explain.js";
import { judgePairs } from "./judge-pairs.js";
import { makeResult } from "./make-result.js";
import { runSides, type Sides } from "./run-sides.js";
import { settlePairs } from "./settle-pairs.js";
import { createStopwatch } from "./stopwatch.js";
import type { CheckInput, CheckListener, CheckOptions } from "./types.js";
import { describeWeights } from "./weight-rows.js";

/**
 * Does the port compute what the original computes? Runs both on identical inputs, compares layer by layer, and explains
 * what differs. Writes nothing but a temporary folder, which is removed.
 *
 * @param input a configuration file's path, a configuration, or nothing for the `parity.config.*` of the working directory
 * @throws ParityError when there is nothing to judge: bad configuration, a model that cannot be read or run, time over
 */
export async function check(input?: CheckInput, options: CheckOptions = {}): Promise<CheckResult> {
  return checkResolved(await resolveInput(input, options), options);
}

/** The configuration that `check` would run with. */
export async function resolveInput(input: CheckInput, options: CheckOptions = {}): Promise<ResolvedConfig> {
  const cwd = options.cwd ?? process.cwd();
  if (typeof input !== "object") return resolveConfig(await loadConfig(input, cwd), options.overrides ?? {}, cwd);
  const path = "the given configuration";
  const { validateConfig } = await import("../config/validate.js");
  return resolveConfig({ config: validateConfig(input, path), directory: cwd, path }, options.overrides ?? {}, cwd);
}

/** As `check`, for a configuration that is resolved already. */
export async function checkResolved(config: ResolvedConfig, options: CheckOptions = {}): Promise<CheckResult> {
  const stopwatch = createStopwatch();
  const onProgress: CheckListener = options.onProgress ?? (() => {});
  const signal = options.signal ?? new AbortController().signal;
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  let sides: Sides | null = null;
  try {
    sides = await runSides(config, { scratch, signal, onProgress, stopwatch });
    return await judgeSides(config, sides, scratch, onProgress, stopwatch);
  } finally {
    sides?.weights.close();
    sides?.original.checkpoint.close();
    // The candidate maps files of the scratch folder; removing them while it ends does not disturb it.
    await Promise.all([sides?.candidate.close(), rm(scratch, { recursive: true, force: true })]);
  }
}

async function judgeSides(
  config: ResolvedConfig,
  sides: Sides,
  scratch: string,
  onProgress: CheckListener,
  stopwatch: ReturnType<typeof createStopwatch>,
): Promise<CheckResult> {
  const two: TwoSides = {
    reference: openRecording(sides.reference.directory),
    candidate: openRecording(sides.free.directory),
    referenceTaps: new Map(sides.reference.taps.map((tap) => [tap.id, tap])),
    candidateTaps: new Map(sides.free.taps.map((tap) => [tap.id, tap])),
  };
  try {
    onProgress("compare", "aligning");
    const settled = await stopwatch.time("align and compare", () => settlePairs(sides, two, config.map, scratch));
    onProgress("compare", `${settled.compared.length} pairs, layer by layer`);
    const judged = await stopwatch.time("judge", () => judgePairs(sides, two, settled, config, scratch));
    const mismatches = judged.pairs.filter((one) => one.judgement.verdict === "mismatch").length;
    if (mismatches > 0)
      onProgress("compare", `looking for the cause of ${mismatches} mismatch${mismatches === 1 ? "" : "es"}`);
    const explained = await stopwatch.time("diagnose", () => explain(sides, two, judged, scratch));
    const layers = judged.pairs.map((one) => ({
      pair: one.pair.id,
      module: two.candidateTaps.get(one.pair.candidate)?.path ?? "",
      failed: one.judgement.verdict === "mismatch",
    }));
    const weights = describeWeights(sides, layers);
    judged.forced?.recording.close();
    onProgress("compare", "done", true);
    return makeResult({ config, sides, two, settled, judged, explained, weights, stopwatch });
  } finally {
    two.reference.close();
    two.candidate.close();
  }
}
