import { join } from "node:path";
import type { Metrics } from "../compare/types.js";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { LazyTensor } from "../formats/types.js";
import { isUnderBound, NOISE_FACTORS, noiseRatio } from "../judge/judge-pair.js";
import type { NoiseFloor } from "../judge/types.js";
import type { ExperimentOutcome, Replacement } from "../runners/candidate.js";
import type { Edit } from "../runners/edits.js";
import type { TwoSides } from "./compare-pairs.js";
import { findOtherPartner, keepsEveryCall } from "./find-other-partner.js";
import { compareWithReference, type Judged, type JudgedPair } from "./judge-pairs.js";
import type { Sides } from "./run-sides.js";
import { beneath } from "./standing-edits.js";

/** One re-run of one layer in one case, with edits made. */
export interface Trial {
  readonly pair: string;
  readonly case: string;
  readonly edits: readonly Edit[];
}

export interface TrialResult {
  /** Largest |candidate − reference| with the edits made; null when the layer could not be re-run. Infinite with a one-sided NaN. */
  readonly error: number | null;
  /** Relative L2. */
  readonly relative: number;
  /** Within what rounding explains at this layer: the experiment repaired it, in this case. */
  readonly quiet: boolean;
  readonly failure: string | null;
}

/** The room where layers are run again on the original's own tensors. */
export interface Laboratory {
  /** Runs the trials, with the standing edits made beneath each of them, in one go per case; results in the same order. */
  run(trials: readonly Trial[], standing: readonly Edit[]): Promise<readonly TrialResult[]>;
  readonly replace: readonly Replacement[];
  /** Reference taps that repaired layers turned out to be instead of their partners, by candidate tap. */
  readonly partners: ReadonlyMap<string, string>;
  newFolder(): string;
  newFile(): string;
}

/** How far over the measured noise a repaired layer may lie when it is tried in one case: the last word is said over all cases. */
const TRIED_QUIET = NOISE_FACTORS.mismatch;

export function openLaboratory(
  sides: Sides,
  two: TwoSides,
  judged: Judged,
  replace: readonly Replacement[],
  scratch: string,
): Laboratory {
  const pairs = new Map(judged.pairs.map((one) => [one.pair.id, one]));
  const partners = new Map<string, string>();
  let count = 0;
  const newFolder = (): string => join(scratch, `experiments-${count++}`);
  const runCase = async (id: string, trials: readonly Trial[], standing: readonly Edit[]): Promise<TrialResult[]> => {
    const experiments = trials.map((trial, i) => ({
      id: `e${i}`,
      taps: [pairs.get(trial.pair)?.pair.candidate ?? trial.pair],
      edits: [...beneath(standing), ...trial.edits],
    }));
    let outcomes: readonly ExperimentOutcome[];
    try {
      outcomes = await sides.candidate.probe({
        out: newFolder(),
        cases: sides.candidateCases.filter((one) => one.id === id),
        force: { replace },
        experiments,
      });
    } catch (error) {
      if (!(error instanceof ParityError) || !/^CANDIDATE_/.test(error.code)) throw error;
      return trials.map(() => ({
        error: null,
        relative: Number.POSITIVE_INFINITY,
        quiet: false,
        failure: error.message,
      }));
    }
    return trials.map((trial, i) => {
      const one = pairs.get(trial.pair);
      const outcome = outcomes.find((other) => other.id === `e${i}`);
      return one === undefined || outcome === undefined
        ? failed("the layer is not known")
        : measure(outcome, one, id, two, judged, (repaired) => {
            if (partners.has(one.pair.candidate) || !keepsEveryCall(trial.edits)) return;
            const other = findOtherPartner(sides, two, judged, one, id, repaired);
            if (other !== null) partners.set(one.pair.candidate, other);
          });
    });
  };
  return {
    replace,
    partners,
    newFolder,
    newFile: () => join(scratch, `loads-${count++}.safetensors`),
    async run(trials, standing) {
      const results = new Map<Trial, TrialResult>();
      for (const id of new Set(trials.map((trial) => trial.case))) {
        const own = trials.filter((trial) => trial.case === id);
        const measured = await runCase(id, own, standing);
        for (const [i, trial] of own.entries()) results.set(trial, measured[i] ?? failed("it gave nothing"));
      }
      return trials.map((trial) => results.get(trial) ?? failed("it was not run"));
    },
  };
}

function failed(failure: string): TrialResult {
  return { error: null, relative: Number.POSITIVE_INFINITY, quiet: false, failure };
}

function measure(
  outcome: ExperimentOutcome,
  one: JudgedPair,
  id: string,
  two: TwoSides,
  judged: Judged,
  onWrong: (candidate: LazyTensor) => void,
): TrialResult {
  if (outcome.status === "failed") return failed(outcome.reason ?? "unknown reason");
  const stored = outcome.outputs[one.pair.candidate]?.[id];
  if (stored === undefined) return failed("the layer was not reached");
  const opened = openSafetensors(stored.file);
  try {
    const candidate = opened.tensors.get(stored.tensor);
    if (candidate === undefined) return failed("it gave nothing that could be compared");
    const metrics = compareIfPossible(two, one, id, candidate);
    if (metrics === null) return failed("with the change its output has another shape");
    const floor = judged.floors.get(one.pair.candidate)?.get(id);
    if (!isQuiet(metrics, floor, TRIED_QUIET)) onWrong(candidate);
    return {
      error: largestError(metrics),
      relative: metrics.nonFiniteMismatch === null ? metrics.relativeL2 : Number.POSITIVE_INFINITY,
      quiet: isQuiet(metrics, floor, TRIED_QUIET),
      failure: null,
    };
  } finally {
    opened.close();
  }
}

/** An experiment may change the shape of what it gives; that is no repair, and no error either. */
function compareIfPossible(
  two: TwoSides,
  one: JudgedPair,
  id: string,
  candidate: Parameters<typeof compareWithReference>[3],
): Metrics | null {
  const before = two.candidate.tensor(id, one.pair.candidate)?.shape;
  if (before !== undefined && before.join() !== candidate.shape.join()) return null;
  return compareWithReference(two, one, id, candidate);
}

/** Whether rounding explains an error: by the bound, or by up to `factor` times the measured floor. */
export function isQuiet(metrics: Metrics, floor: NoiseFloor | undefined, factor: number): boolean {
  if (metrics.identical || isUnderBound(metrics)) return true;
  return floor !== undefined && noiseRatio(metrics, floor) <= factor;
}

/** A NaN or infinity on one side only is an error without limit. */
export function largestError(metrics: Metrics): number {
  return metrics.nonFiniteMismatch === null ? (metrics.maxAbs?.value ?? 0) : Number.POSITIVE_INFINITY;
}
