import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.js";
import { type ResolvedModels, resolveModels } from "../config/resolve-models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { openRecording } from "../recording/open-recording.js";
import type { CheckResult } from "../report/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { type Explained, explain, UNEXPLAINED } from "./explain.js";
import { layerFacts } from "./layer-facts.js";
import { makeResult } from "./make-result.js";
import { Pairing } from "./pairing.js";
import { runSides, type Sides } from "./run-sides.js";
import { NOT_REPEATED, refuseTightTolerances, settleDeterminism } from "./settle-determinism.js";
import { settlePrecision } from "./settle-precision.js";
import { createStopwatch, type Stopwatch } from "./stopwatch.js";
import type { CheckInput, CheckListener, CheckOptions } from "./types.js";
import { describeWeights } from "./weight-rows.js";
import { finishFix, type WrittenWeights, withoutFix, writeRepairedWeights } from "./write-fix.js";
import { writeReproductions } from "./write-reproductions.js";

/**
 * Does the port compute what the original computes? Runs both on identical inputs, compares layer by layer, and explains
 * what differs. Writes nothing but a temporary folder, which is removed, unless `fix`, `bundle` or `reproductions` ask for files.
 *
 * @param input a configuration file's path, a configuration, or nothing for the `parity.config.*` of the working directory
 * @throws ParityError when there is nothing to judge: bad configuration, a model that cannot be read or run, time over
 */
export async function check(input?: CheckInput, options: CheckOptions = {}): Promise<CheckResult> {
  return checkResolved(await resolveInput(input, options), options);
}

/** The configuration that `check` would run with. Throws USAGE when it holds several models and none of them is picked. */
export async function resolveInput(input: CheckInput, options: CheckOptions = {}): Promise<ResolvedConfig> {
  const { models } = await resolveInputs(input, options);
  const [only, other] = models;
  if (only !== undefined && other === undefined) return only;
  throw new ParityError("USAGE", `The configuration has ${models.length} models, and this is for one.`, {
    where: { key: "models" },
    hint: `Say which: ${models.map((one) => one.name).join(", ")}. On the command line that is --model NAME, in code overrides: { model: "…" }.`,
  });
}

/** As `resolveInput`, with every model of a configuration that lists several. */
export async function resolveInputs(input: CheckInput, options: CheckOptions = {}): Promise<ResolvedModels> {
  const cwd = options.cwd ?? process.cwd();
  if (typeof input !== "object") return resolveModels(await loadConfig(input, cwd), options.overrides ?? {}, cwd);
  const path = "the given configuration";
  const { validateConfig } = await import("../config/validate.js");
  return resolveModels({ config: validateConfig(input, path), directory: cwd, path }, options.overrides ?? {}, cwd);
}

/** As `check`, for a configuration that is resolved already. */
export async function checkResolved(config: ResolvedConfig, options: CheckOptions = {}): Promise<CheckResult> {
  const stopwatch = createStopwatch();
  const onProgress: CheckListener = options.onProgress ?? (() => {});
  const signal = options.signal ?? new AbortController().signal;
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  let sides: Sides | null = null;
  let judged: JudgedSides;
  try {
    sides = await runSides(config, {
      scratch,
      signal,
      onProgress,
      stopwatch,
      ...(options.start === undefined ? {} : { start: options.start }),
    });
    judged = await judgeSides(config, sides, scratch, onProgress, stopwatch, options);
  } finally {
    sides?.weights.close();
    sides?.original.checkpoint.close();
    // The candidate maps files of the scratch folder; removing them while it ends does not disturb it.
    await Promise.all([
      sides?.referenceRunner.close(),
      sides?.candidate.close(),
      rm(scratch, { recursive: true, force: true }),
    ]);
  }
  return tryFix(config, judged, options);
}

/** With both sides of the first check ended: a second model of each would not always fit into memory. */
async function tryFix(config: ResolvedConfig, judged: JudgedSides, options: CheckOptions): Promise<CheckResult> {
  const { fix } = config;
  if (fix === undefined) return judged.result;
  if (judged.written === null) return withoutFix(judged.result);
  const { reproductions: _, ...rest } = options;
  return finishFix(judged.written, { ...config, fix }, judged.result, (again) => checkResolved(again, rest));
}

/** Explains what differs; where a repair shows that pairs were wrong, once more with the right ones. */
async function explainAll(pairing: Pairing, two: TwoSides, scratch: string): Promise<Explained> {
  const explained = await explain(pairing.sides, two, pairing.judged, scratch, true);
  if (explained.partners.size === 0) return explained;
  await pairing.pairWith(explained.partners);
  return explain(pairing.sides, two, pairing.judged, scratch, false);
}

/** How all pairs stand before anything is explained. */
function previewResult(config: ResolvedConfig, pairing: Pairing, two: TwoSides, stopwatch: Stopwatch): CheckResult {
  const { sides, judged, settled } = pairing;
  const layers = layerFacts(judged.pairs, two, (one) => one.judgement.verdict === "mismatch");
  const weights = describeWeights(sides, layers, new Set());
  return makeResult({
    config,
    sides,
    two,
    settled,
    judged,
    explained: UNEXPLAINED,
    weights,
    stopwatch,
    repeated: NOT_REPEATED,
  });
}

interface JudgedSides {
  readonly result: CheckResult;
  /** The weights with the confirmed repairs made, where they were asked for and there are some. */
  readonly written: WrittenWeights | null;
}

async function judgeSides(
  config: ResolvedConfig,
  asRun: Sides,
  scratch: string,
  onProgress: CheckListener,
  stopwatch: Stopwatch,
  { reproductions, onJudged }: Pick<CheckOptions, "reproductions" | "onJudged">,
): Promise<JudgedSides> {
  const two: TwoSides = {
    reference: openRecording(asRun.reference.directory),
    candidate: openRecording(asRun.free.directory),
    referenceTaps: new Map(asRun.reference.taps.map((tap) => [tap.id, tap])),
    candidateTaps: new Map(asRun.free.taps.map((tap) => [tap.id, tap])),
  };
  let pairing: Pairing | null = null;
  try {
    onProgress("compare", "aligning");
    pairing = await Pairing.begin(asRun, two, config, scratch, stopwatch);
    const { length } = pairing.settled.compared;
    onProgress("compare", `${length} pairs, layer by layer`);
    // Before pairs are doubted: under a tolerance that rounding breaks all of them seem wrong.
    const { judged: first } = pairing;
    await stopwatch.time("self-noise", () => refuseTightTolerances(asRun, two, first, config, scratch));
    await pairing.refine();
    const mismatches = pairing.judged.pairs.filter((one) => one.judgement.verdict === "mismatch").length;
    if (mismatches > 0) onJudged?.(previewResult(config, pairing, two, stopwatch));
    if (mismatches > 0)
      onProgress("compare", `looking for the cause of ${mismatches} mismatch${mismatches === 1 ? "" : "es"}`);
    const explained = await stopwatch.time("diagnose", () => explainAll(pairing as Pairing, two, scratch));
    const { sides, judged, settled } = pairing;
    const precise = await stopwatch.time("float64", () =>
      settlePrecision(sides, two, judged, explained, config.precision, scratch),
    );
    const repeated = await stopwatch.time("self-noise", () =>
      settleDeterminism(sides, two, precise.judged, precise.explained, config, scratch),
    );
    const layers = layerFacts(precise.judged.pairs, two, (one) => one.judgement.verdict === "mismatch");
    const accused = new Set(precise.explained.findings.flatMap((finding) => finding.parameters));
    const weights = describeWeights(sides, layers, accused);
    const findings = await stopwatch.time("reproductions", () =>
      writeReproductions(sides, two, precise.judged, precise.explained, {
        directory: config.bundle ?? reproductions ?? null,
        all: config.bundle !== undefined,
        scratch,
      }),
    );
    const written =
      config.fix === undefined ? null : await writeRepairedWeights(sides, precise.explained.edits, config.fix.file);
    onProgress("compare", "done", true);
    const told = { ...precise.explained, findings };
    return {
      result: makeResult({ config, sides, two, settled, ...precise, explained: told, weights, stopwatch, repeated }),
      written,
    };
  } finally {
    pairing?.close();
    two.reference.close();
    two.candidate.close();
  }
}
