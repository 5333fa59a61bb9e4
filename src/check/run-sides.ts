import { join, resolve } from "node:path";
import { requireCandidate } from "../config/models.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { prepareFormats } from "../formats/prepare.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";
import type { Case } from "../inputs/types.js";
import { writeCases } from "../inputs/write-cases.js";
import type { Candidate, CandidateCase, CandidateDescription, ShippedOutputs } from "../runners/candidate.js";
import type { OpenGolden } from "../runners/golden/open-golden.js";
import type { Reference, ReferenceCase, SideRecording } from "../runners/reference.js";
import type { Original } from "../tensorflow/understand-original.js";
import { describeSettings } from "./asked-precision.js";
import { describeEntry } from "./describe-entry.js";
import { fitCases } from "./fit-cases.js";
import { requireFittingSettings } from "./fitting-settings.js";
import { requireFittingFix } from "./fix-file.js";
import { foldableNorms } from "./foldable-norms.js";
import { possibleInputLayouts, recordUnderLayouts } from "./input-layouts.js";
import { signaturesOf } from "./input-signatures.js";
import { candidateCases, mapInputs, referenceCases } from "./map-inputs.js";
import { nameWeights } from "./name-weights.js";
import { openSource } from "./original-source.js";
import { recurrentEvidence } from "./recurrent-evidence.js";
import { settleInputLayout } from "./settle-input-layout.js";
import { FRESH_SIDES, type SideStarter } from "./start-sides.js";
import type { Stopwatch } from "./stopwatch.js";
import { expectWeights } from "./stored-weights.js";
import type { CheckListener } from "./types.js";
import { hintAtWeights } from "./unwritten-forward.js";
import { verifyInputs } from "./verify-inputs.js";
import { type Weighed, weighParameters } from "./weigh.js";

/** Both sides after their free run, still open for experiments. */
export interface Sides {
  readonly original: Original;
  /** What the original was taken from; null when TensorFlow ran it. */
  readonly golden: OpenGolden | null;
  /** Those that were run. */
  readonly cases: readonly Case[];
  /** With those that other shards run. */
  readonly allCases: readonly Case[];
  readonly reference: SideRecording;
  readonly free: SideRecording;
  /** What the candidate's shipped form gave, where it has one. */
  readonly shipped?: ShippedOutputs;
  /** The original, still open: the diagnosis reads further tensors of it, and doubts are settled in float64. */
  readonly referenceRunner: Reference;
  readonly referenceCases: readonly ReferenceCase[];
  readonly candidate: Candidate;
  readonly candidateCases: readonly CandidateCase[];
  readonly description: CandidateDescription;
  readonly weights: TensorFile;
  readonly weighed: Weighed;
  /** Weighs again with these variables (keys) given to these parameters. */
  readonly reweigh: (map: Readonly<Record<string, string>>) => Promise<Weighed>;
  /** What parameters can be loaded from: the checkpoint's variables and those derived from them, by key. */
  readonly variables: ReadonlyMap<string, LazyTensor>;
  readonly runtimes: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export interface RunOptions {
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly onProgress: CheckListener;
  readonly stopwatch: Stopwatch;
  readonly start?: SideStarter;
}

/** Runs the original and the port side by side on the same cases. The caller closes `referenceRunner` and `candidate`. */
export async function runSides(config: ResolvedConfig, options: RunOptions): Promise<Sides> {
  const { scratch, onProgress, stopwatch, start = FRESH_SIDES } = options;
  const model = requireCandidate(config.candidate.model);
  requireFittingFix(config);
  requireFittingSettings(config);
  await prepareFormats(...inputFiles(config));
  // A failure of one side ends the other at once: there is nothing to compare any more.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const shared = { timeoutMs: config.timeout * 1000, threads: config.threads, signal };
  const source = await openSource(config, start, shared, scratch);
  const candidate = start.startCandidate({
    ...shared,
    ...describeEntry(config.candidate.model, model),
    ...candidateSettings(config),
    seed: config.seed,
  });
  try {
    onProgress("reference", "reading the graph");
    const original = await source.understand(stopwatch);
    const { checkpoint } = original;
    const signatures = signaturesOf(original);
    const openCandidate = async () => {
      onProgress("candidate", model.kind === "onnx" ? "starting onnxruntime" : "starting Python");
      const versions = await stopwatch.time("candidate: start", () => candidate.hello());
      onProgress("candidate", "building the model");
      const description = await stopwatch.time("candidate: build", () => candidate.open());
      return { versions, description };
    };
    // A program says which sizes it takes: the cases wait for it. Code takes what it is given, and is built meanwhile.
    const opened = model.kind === "torch-program" ? await openCandidate() : null;
    const { cases: allCases, reference, warnings } = fitCases(config, original, source, opened?.description ?? null);
    const { onlyCases } = config;
    const cases = onlyCases === undefined ? allCases : allCases.filter((one) => onlyCases.includes(one.id));
    const inputsFile = join(scratch, "inputs.safetensors");
    writeCases(cases, inputsFile);

    const ownReferenceCases = referenceCases(cases, inputsFile);
    const runReference = async () => {
      const versions = await reference.hello();
      onProgress("reference", "restoring the checkpoint");
      await stopwatch.time("reference: restore", () => reference.open(original, scratch));
      const recording = await stopwatch.time("reference: run", () =>
        reference.record(original, ownReferenceCases, join(scratch, "reference"), (done, total) =>
          onProgress("reference", `case ${Math.min(done + 1, total)} of ${total}`),
        ),
      );
      onProgress("reference", `${recording.taps.length} taps`, true);
      return { versions, recording };
    };
    const runCandidate = async () => {
      const { versions, description } = opened ?? (await openCandidate());
      const plainCases = candidateCases(cases, inputsFile, mapInputs(signatures, description, config.map));
      const layouts = possibleInputLayouts(cases, config.inputs.layout ?? {});
      const { free, ownCases } = await stopwatch.time("candidate: run", () =>
        recordUnderLayouts(
          candidate,
          layouts,
          {
            out: join(scratch, "free"),
            cases: plainCases,
            taps: "all",
            precision: "float32",
            perturb: null,
            force: null,
            edits: [],
            shipped: true,
          },
          (done, total) => onProgress("candidate", `case ${Math.min(done + 1, total)} of ${total}`),
        ),
      );
      onProgress("candidate", "weights");
      const keys = [...new Set(original.variables.map((variable) => variable.key))];
      const isWeighed = source.golden?.manifest.declared === undefined;
      const expected = isWeighed ? expectWeights(description, checkpoint, keys, config.map) : new Map<string, never>();
      const weightsFile = join(scratch, "weights.safetensors");
      const equal = await stopwatch.time("candidate: weights", () =>
        candidate.weights(weightsFile, Object.fromEntries([...expected].map(([name, { stored }]) => [name, stored]))),
      );
      const proven = new Map([...expected].filter(([name]) => equal.includes(name)));
      const weights = openSafetensors(weightsFile);
      const reweigh = async (found: Readonly<Record<string, string>>): Promise<Weighed> => {
        const map = { ...found, ...config.map };
        const known = { description, checkpoint, keys, map, evidence: recurrentEvidence(original) };
        if (!isWeighed) return nameWeights(known);
        return weighParameters({ ...known, candidate: weights, proven, norms: foldableNorms(original) });
      };
      const weighed = await stopwatch.time("weights", () => reweigh({}));
      onProgress("candidate", `${free.taps.length} taps`, true);
      return { versions, description, plainCases, layouts, ownCases, free, weights, weighed, reweigh };
    };
    const [one, other] = await bothOrFirstError(runReference(), runCandidate(), () => stop.abort());
    verifyInputs(cases, one.recording.inputs, other.free.inputs);
    const sides: Sides = {
      original,
      golden: source.golden,
      cases,
      allCases,
      reference: one.recording,
      free: other.free,
      referenceRunner: reference,
      referenceCases: ownReferenceCases,
      candidate,
      candidateCases: other.ownCases,
      description: other.description,
      weights: other.weights,
      weighed: other.weighed,
      reweigh: other.reweigh,
      variables:
        source.golden?.manifest.declared === undefined
          ? new Map([...original.checkpoint.tensors, ...other.weighed.derived])
          : new Map(),
      runtimes: { node: process.versions.node, ...one.versions, ...source.exported()?.versions, ...other.versions },
      ...(other.free.shipped === undefined ? {} : { shipped: other.free.shipped }),
      warnings: [
        ...(source.exported()?.warnings ?? []),
        ...other.description.warnings,
        ...other.free.warnings,
        ...switchWarnings(original),
        ...warnings,
        ...describeSettings(other.description),
      ],
    };
    return await settleInputLayout(sides, other.layouts, other.plainCases, config.map, scratch);
  } catch (error) {
    await Promise.all([source.close(), candidate.close()]);
    throw hintAtWeights(error, config.reference.model, config.candidate.model);
  }
}

/** The files that inputs are read from. */
function inputFiles({ inputs }: ResolvedConfig): string[] {
  const named = inputs.values.flatMap(({ spec, directory }) =>
    typeof spec === "string" ? [resolve(directory, spec.split("#")[0] ?? "")] : [],
  );
  return [...inputs.files, ...named];
}

function candidateSettings(config: ResolvedConfig) {
  const { model: _, ...settings } = config.candidate;
  return settings;
}

/** Waits for both; when one fails the other is stopped and the first failure is what the caller hears. */
async function bothOrFirstError<A, B>(a: Promise<A>, b: Promise<B>, stop: () => void): Promise<[A, B]> {
  try {
    return await Promise.all([a, b]);
  } catch (error) {
    stop();
    await Promise.allSettled([a, b]);
    throw error;
  }
}

function switchWarnings(original: Original): string[] {
  return original.inputs.flatMap((input) =>
    input.inferenceValue === null
      ? []
      : [
          `the original's input ${input.name} was fed ${input.dtype === "bool" ? "False" : input.inferenceValue}, which by its name means inference`,
        ],
  );
}
