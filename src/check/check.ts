import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pair } from "../align/types.js";
import { checkCommand } from "../config/check-command.js";
import { loadConfig } from "../config/load.js";
import { requireCandidate } from "../config/models.js";
import { type ResolvedModels, resolveModels } from "../config/resolve-models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { checkLevels } from "../judge/gate/levels.js";
import type { GateSurroundings } from "../judge/gate/types.js";
import { openRecording } from "../recording/open-recording.js";
import type { CheckResult } from "../report/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { describeDetails } from "./describe-details.js";
import { type Explained, explain, UNEXPLAINED } from "./explain.js";
import { gateSurroundings } from "./gate-surroundings.js";
import { layerFacts } from "./layer-facts.js";
import { makeResult } from "./make-result.js";
import { tellOfInitializers } from "./onnx-findings.js";
import { Pairing } from "./pairing.js";
import { runSides, type Sides } from "./run-sides.js";
import { type Selection, selectPairs } from "./select-pairs.js";
import { NOT_REPEATED, refuseTightTolerances, settleDeterminism } from "./settle-determinism.js";
import type { GoldenState } from "./settle-golden.js";
import { settlePrecision } from "./settle-precision.js";
import { settleShipped } from "./settle-shipped.js";
import { createStopwatch, type Stopwatch } from "./stopwatch.js";
import type { CheckInput, CheckListener, CheckOptions } from "./types.js";
import { updateBaseline } from "./update-baseline.js";
import { describeWeights } from "./weight-rows.js";
import { finishFix, type WrittenWeights, withoutFix, writeRepairedWeights } from "./write-fix.js";
import { writeReproductions } from "./write-reproductions.js";

/**
 * Does the port compute what the original computes? Runs both on identical inputs, compares layer by layer, and explains
 * what differs. Writes nothing but a temporary folder, which is removed, unless `fix`, `bundle`, `reproductions` or
 * `updateBaseline` ask for files.
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
  const surroundings = await gateSurroundings(config.gate);
  const scratch = mkdtempSync(join(tmpdir(), "parity-"));
  let sides: Sides | null = null;
  let state: GoldenState = "fresh";
  let judged: JudgedSides;
  try {
    state = await settle(config, signal, onProgress, stopwatch);
    sides = await runSides(config, {
      scratch,
      signal,
      onProgress,
      stopwatch,
      ...(options.start === undefined ? {} : { start: options.start }),
    });
    judged = await judgeSides(config, sides, scratch, onProgress, stopwatch, surroundings, options);
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
  const { golden } = judged.result;
  const told = golden === null ? judged.result : { ...judged.result, golden: { ...golden, state } };
  const result = await tryFix(config, { ...judged, result: told }, options);
  const { baseline } = config.gate;
  return baseline?.update === true ? updateBaseline(baseline, result, surroundings) : result;
}

/** Makes the golden where this check is to; what that needs is loaded only then. */
async function settle(
  config: ResolvedConfig,
  signal: AbortSignal,
  onProgress: CheckListener,
  stopwatch: ReturnType<typeof createStopwatch>,
): Promise<GoldenState> {
  const { golden } = config;
  if (golden === undefined) return "fresh";
  requireCandidate(config.candidate.model);
  const { settleGolden } = await import("./settle-golden.js");
  return stopwatch.time("golden: settle", () => settleGolden({ ...config, golden }, signal, onProgress));
}

/** With both sides of the first check ended: a second model of each would not always fit into memory. */
async function tryFix(config: ResolvedConfig, judged: JudgedSides, options: CheckOptions): Promise<CheckResult> {
  const { fix } = config;
  if (fix === undefined) return judged.result;
  if (judged.written === null) return withoutFix(judged.result);
  const { reproductions: _, details: __, ...rest } = options;
  // Whether the repaired weights are right is a question about the whole model.
  const { only: ___, golden, ...whole } = config;
  // A baseline is taken from the port as it is, not from the repaired one.
  const gate = { ...config.gate, baseline: null };
  // The golden of the first check is that of the second.
  const kept = golden === undefined ? whole : { ...whole, golden: { ...golden, update: "none" as const } };
  return finishFix(judged.written, { ...kept, fix, gate }, judged.result, (again) => checkResolved(again, rest));
}

/** Explains what differs; where a repair shows that pairs were wrong, once more with the right ones. */
async function explainAll(
  pairing: Pairing,
  two: TwoSides,
  scratch: string,
  concerns: (pair: Pair) => boolean,
): Promise<Explained> {
  const explained = await explain(pairing.sides, two, pairing.judged, scratch, true, concerns);
  if (explained.partners.size === 0) return explained;
  await pairing.pairWith(explained.partners);
  return explain(pairing.sides, two, pairing.judged, scratch, false, concerns);
}

/** How all pairs stand before anything is explained. */
function previewResult(
  config: ResolvedConfig,
  pairing: Pairing,
  two: TwoSides,
  selection: Selection,
  stopwatch: Stopwatch,
  surroundings: GateSurroundings,
): CheckResult {
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
    details: [],
    selection,
    stopwatch,
    surroundings,
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
  surroundings: GateSurroundings,
  options: CheckOptions,
): Promise<JudgedSides> {
  const two: TwoSides = {
    reference: openRecording(asRun.reference.directory),
    candidate: openRecording(asRun.free.directory),
    referenceTaps: new Map(asRun.reference.taps.map((tap) => [tap.id, tap])),
    candidateTaps: new Map(asRun.free.taps.map((tap) => [tap.id, tap])),
  };
  let pairing: Pairing | null = null;
  try {
    // Before anything is compared: what no tap is called will be no pair's name either. Of pairs the gate asks again at the end.
    checkLevels(
      config.gate.levels,
      [...two.candidateTaps.keys(), ...two.referenceTaps.keys()].map((id) => ({ candidate: id, reference: id })),
    );
    onProgress("compare", "aligning");
    pairing = await Pairing.begin(asRun, two, config, scratch, stopwatch);
    const { length } = pairing.settled.compared;
    onProgress("compare", `${length} pairs, layer by layer`);
    // Before pairs are doubted: under a tolerance that rounding breaks all of them seem wrong.
    const { judged: first } = pairing;
    await stopwatch.time("self-noise", () => refuseTightTolerances(asRun, two, first, config, scratch));
    await pairing.refine();
    const selection: Selection = selectPairs(config.only ?? [], pairing.settled, two);
    const { concerns } = selection;
    const mismatches = pairing.judged.pairs.filter(
      (one) => one.judgement.verdict === "mismatch" && concerns(one.pair),
    ).length;
    if (mismatches > 0) options.onJudged?.(previewResult(config, pairing, two, selection, stopwatch, surroundings));
    if (mismatches > 0)
      onProgress("compare", `looking for the cause of ${mismatches} mismatch${mismatches === 1 ? "" : "es"}`);
    const explained = await stopwatch.time("diagnose", () => explainAll(pairing as Pairing, two, scratch, concerns));
    const { sides, judged, settled } = pairing;
    const precise = await stopwatch.time("float64", async () => {
      const settled = await settlePrecision(sides, two, judged, explained, config.precision, scratch, concerns);
      const { shipped } = sides;
      if (shipped === undefined) return settled;
      return { ...settled, judged: await settleShipped(sides, two, settled.judged, shipped, scratch) };
    });
    const repeated = await stopwatch.time("self-noise", () =>
      settleDeterminism(sides, two, precise.judged, precise.explained, config, scratch),
    );
    const layers = layerFacts(precise.judged.pairs, two, (one) => one.judgement.verdict === "mismatch");
    const accused = new Set(precise.explained.findings.flatMap((finding) => finding.parameters));
    const weights = describeWeights(sides, layers, accused);
    const findings = await stopwatch.time("reproductions", () =>
      writeReproductions(sides, two, precise.judged, precise.explained, {
        directory: config.bundle ?? options.reproductions ?? null,
        all: config.bundle !== undefined,
        scratch,
      }),
    );
    const written =
      config.fix === undefined ? null : await writeRepairedWeights(sides, precise.explained.edits, config.fix.file);
    const reported = { ...precise.judged, pairs: precise.judged.pairs.filter((one) => concerns(one.pair)) };
    const details =
      options.details === true
        ? await stopwatch.time("details", async () =>
            describeDetails(sides, two, reported, explained.situations, (pair) =>
              checkCommand(config, options.overrides ?? {}, pair, options.cwd),
            ),
          )
        : [];
    onProgress("compare", "done", true);
    const told = { ...precise.explained, findings: tellOfInitializers(findings, sides.description) };
    return {
      result: makeResult({
        config,
        sides,
        two,
        settled,
        ...precise,
        explained: told,
        weights,
        details,
        selection,
        stopwatch,
        repeated,
        surroundings,
      }),
      written,
    };
  } finally {
    pairing?.close();
    two.reference.close();
    two.candidate.close();
  }
}
