import { join } from "node:path";
import type { Metrics } from "../compare/types.js";
import { transformWeight, weightTransforms } from "../compare/weight-transforms.js";
import type { ExperimentResult, Repair, WeightFact } from "../diagnose/types.js";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import { writeSafetensors } from "../formats/safetensors-write.js";
import type { LazyTensor } from "../formats/types.js";
import { isUnderBound, NOISE_FACTORS, noiseRatio } from "../judge/judge-pair.js";
import type { NoiseFloor } from "../judge/types.js";
import type { Change, Experiment, ExperimentOutcome, Replacement } from "../runners/candidate.js";
import type { TwoSides } from "./compare-pairs.js";
import { compareWithReference, type Judged, type JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";

/** Turns repairs into changes that the harness can make; tensors to load are written to `file` as their modules need them. */
export function makeChanges(
  repairs: readonly Repair[],
  facts: readonly WeightFact[],
  checkpoint: ReadonlyMap<string, LazyTensor>,
  file: string,
): Map<string, Change> {
  const changes = new Map<string, Change>();
  const loads = new Map<string, LazyTensor>();
  for (const repair of repairs) {
    const { parameter } = repair;
    if (repair.kind === "transpose") {
      changes.set(parameter, { kind: "permute-parameter", parameter, permute: [1, 0] });
      continue;
    }
    const fact = facts.find((one) => one.parameter === parameter);
    const variable = checkpoint.get(repair.key);
    const wanted =
      fact === undefined
        ? null
        : (fact.expected ??
          facts.find(
            (one) =>
              one.moduleType === fact.moduleType && one.shape.length === fact.shape.length && one.transform !== null,
          )?.transform ??
          null);
    const transforms = fact === undefined || variable === undefined ? [] : weightTransforms(variable.shape, fact.shape);
    const transform = transforms.find((one) => one.name === wanted) ?? transforms[0];
    if (variable === undefined || transform === undefined) continue;
    loads.set(parameter, transformWeight(variable, transform));
    changes.set(parameter, { kind: "replace-parameter", parameter, file, tensor: parameter });
  }
  if (loads.size > 0)
    writeSafetensors(
      file,
      [...loads].map(([name, data]) => ({ name, dtype: data.dtype, shape: data.shape, data })),
    );
  return changes;
}

/** Re-runs layers on the reference's own input, each with its changes made and undone, and measures what came of it. */
export async function runExperiments(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  replace: readonly Replacement[],
  asked: readonly { readonly id: string; readonly pair: string; readonly changes: readonly Change[] }[],
  out: string,
): Promise<Map<string, ExperimentResult>> {
  const byId = new Map(judged.pairs.map((one) => [one.pair.id, one]));
  const experiments: Experiment[] = asked.map(({ id, pair, changes }) => ({
    id,
    tap: byId.get(pair)?.pair.candidate ?? pair,
    changes,
  }));
  let outcomes: readonly ExperimentOutcome[];
  try {
    outcomes = await sides.candidate.probe({ out, cases: sides.candidateCases, force: { replace }, experiments });
  } catch (error) {
    if (!(error instanceof ParityError) || !/^CANDIDATE_/.test(error.code)) throw error;
    outcomes = experiments.map(({ id }) => ({ id, status: "failed", reason: error.message, outputs: {} }));
  }
  const pairOf = new Map(asked.map(({ id, pair }) => [id, byId.get(pair)]));
  return new Map(
    outcomes.flatMap((outcome) => {
      const one = pairOf.get(outcome.id);
      return one === undefined ? [] : [[outcome.id, measure(outcome, one, two, judged)]];
    }),
  );
}

/** Errors are the largest over the cases; the layer counts as repaired only when every case that it was judged on is quiet. */
function measure(outcome: ExperimentOutcome, one: JudgedPair, two: TwoSides, judged: Judged): ExperimentResult {
  const entries = one.local.length > 0 ? one.local : one.accumulated;
  const before = Math.max(0, ...entries.map(({ metrics }) => largestError(metrics)));
  const head = { pair: one.pair.id, errorBefore: before };
  if (outcome.status === "failed")
    return { ...head, errorAfter: null, floor: null, repaired: false, failure: outcome.reason ?? "unknown reason" };
  let after: number | null = null;
  let floorMax: number | null = null;
  const quiet = new Set<string>();
  for (const [id, { file, tensor }] of Object.entries(outcome.outputs)) {
    const opened = openSafetensors(file);
    try {
      const candidate = opened.tensors.get(tensor);
      const metrics = candidate === undefined ? null : compareWithReference(two, one, id, candidate);
      if (metrics === null) continue;
      after = Math.max(after ?? 0, largestError(metrics));
      const floor = judged.floors.get(one.pair.candidate)?.get(id);
      if (floor !== undefined) floorMax = Math.max(floorMax ?? 0, floor.max);
      if (isQuiet(metrics, floor)) quiet.add(id);
    } finally {
      opened.close();
    }
  }
  const repaired = entries.length > 0 && entries.every((entry) => quiet.has(entry.case));
  const failure = after === null ? "it gave nothing that could be compared" : null;
  return { ...head, errorAfter: after, floor: floorMax, repaired, failure };
}

function isQuiet(metrics: Metrics, floor: NoiseFloor | undefined): boolean {
  if (metrics.identical || isUnderBound(metrics)) return true;
  return floor !== undefined && noiseRatio(metrics, floor) <= NOISE_FACTORS.rms;
}

/** A NaN or infinity on one side only is an error without limit. */
function largestError(metrics: Metrics): number {
  return metrics.nonFiniteMismatch === null ? (metrics.maxAbs?.value ?? 0) : Number.POSITIVE_INFINITY;
}

export function experimentsFolder(scratch: string): { out: string; loads: string } {
  return { out: join(scratch, "experiments"), loads: join(scratch, "loads.safetensors") };
}
