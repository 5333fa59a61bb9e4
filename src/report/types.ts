import type { MatchMethod, Unmatched } from "../align/types.js";
import type { LogitsMetrics } from "../compare/logits.js";
import type { Layout, Metrics } from "../compare/types.js";
import type { CauseId, Finding } from "../diagnose/types.js";
import type { Gate } from "../judge/gate/types.js";
import type { Float64Evidence, NoiseFloor, PairVerdict, ToleranceRule } from "../judge/types.js";
import type { SourcePlace } from "../recording/types.js";
import type { LayerDetail } from "./details.js";

export type { CauseId, Finding };

export const RESULT_SCHEMA_VERSION = 1;

/** `flaky`: a side does not give the same again on the same inputs, by more than the verdict can bear. */
export type Verdict = "parity" | "mismatch" | "inconclusive" | "flaky";

/** What a second run of one side on the same inputs showed. */
export interface SideDeterminism {
  /** It gave the same again, bit for bit, in all that was compared. */
  readonly repeats: boolean;
  /** The first tap, in order of execution, that moved by more than rounding; null when none did. */
  readonly first: string | null;
  /** What is random there, in words; null when nothing moved by more than rounding. */
  readonly what: string | null;
}

export interface Determinism {
  readonly reference: SideDeterminism;
  readonly candidate: SideDeterminism;
  /** Pairs that moved between two runs of a side: the difference in the worst case, in the tensor's own units. */
  readonly selfNoise: readonly {
    readonly pair: string;
    readonly side: "reference" | "candidate";
    readonly rms: number;
    readonly max: number;
  }[];
}

/** The error of one pair in one kind of run: the worst case, with that case's id. */
export interface PairError {
  readonly case: string;
  readonly metrics: Metrics;
}

export interface PairResult {
  readonly id: string;
  readonly reference: {
    readonly name: string;
    readonly tensor: string | null;
    readonly shape: readonly number[];
    readonly dtype: string;
  };
  readonly candidate: {
    readonly name: string;
    readonly type: string;
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly source: SourcePlace | null;
  };
  readonly layout: Layout;
  readonly matchedBy: MatchMethod;
  readonly confidence: number;
  readonly because: string;
  readonly isOutput: boolean;
  /** Accumulated error: both sides ran freely from the same inputs. */
  readonly metrics: Metrics | null;
  readonly worstCase: string | null;
  /** Local error: the candidate's layer was fed the reference's own tensors. Null when it could not be run. */
  readonly local: PairError | null;
  /** Local noise: the measured floor and error ÷ floor; null where the bound settled it. */
  readonly noise: { readonly floor: NoiseFloor; readonly ratio: number } | null;
  /**
   * The same error with both sides computed in float64: rounding shrinks there, a difference stays. Null where nobody asked:
   * it is asked for what is doubtful, or for everything with `precision: "both"`.
   */
  readonly float64: Float64Evidence | null;
  readonly tolerance: ToleranceRule;
  /** Smallest atol = rtol that would pass for the accumulated error. */
  readonly smallestTolerance: number | null;
  /** How alike the two sides choose along the last axis of an output that differs; null elsewhere. */
  readonly logits: { readonly case: string; readonly metrics: LogitsMetrics } | null;
  readonly verdict: PairVerdict;
  /** Why not compared, or one sentence about the verdict where it needs one. */
  readonly note: string | null;
}

export type WeightVerdict = "equal" | "equal-by-function" | "differs" | "unassigned";

export interface WeightResult {
  /** Checkpoint variable, null when the parameter has none. */
  readonly reference: string | null;
  /** The variables that `reference` is made of, where it is no variable of the checkpoint as it is. */
  readonly parts?: readonly string[] | undefined;
  /** Parameter path, null for a checkpoint variable nobody uses. */
  readonly candidate: string | null;
  readonly shape: { readonly reference: readonly number[] | null; readonly candidate: readonly number[] | null };
  /** How the stored values relate: `same`, `transposed`, `permuted(2,3,0,1)`, `none`. */
  readonly transform: string;
  /** What the module needs: the same words, `unknown` when only its function can tell. */
  readonly expected: string;
  readonly matchedBy: "map" | "name" | "values" | "none";
  readonly maxAbs: number | null;
  readonly verdict: WeightVerdict;
  readonly note: string | null;
}

/** The golden that stood for the original. */
export interface UsedGolden {
  /** As one would type it here. */
  readonly path: string;
  readonly recordedAt: string;
  readonly parityVersion: string;
  /** What recorded it. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** What this check did to it before: nothing, or why it was written. */
  readonly state: "fresh" | "was missing" | "was stale" | "rewritten";
}

/** The candidate's weights with the confirmed repairs made, and how the candidate stands with them. */
export interface WrittenFix {
  /** The state dict that was written. */
  readonly file: string;
  /** Parameters whose values were repaired. */
  readonly repaired: readonly string[];
  /** A second check of the candidate, with this file loaded. */
  readonly recheck: { readonly verdict: Verdict; readonly sentence: string };
}

export interface CheckResult {
  readonly schemaVersion: typeof RESULT_SCHEMA_VERSION;
  readonly name: string;
  readonly verdict: Verdict;
  readonly exitCode: 0 | 1 | 2;
  /** Why it is inconclusive, or null. */
  readonly reason: string | null;
  readonly firstDivergence: string | null;
  /** With `--only`: its globs, and how many pairs there are in all. Null when everything was compared. */
  readonly only: { readonly globs: readonly string[]; readonly of: number } | null;
  readonly summary: {
    readonly sentence: string;
    readonly pairs: Readonly<Record<PairVerdict, number>>;
    readonly weights: Readonly<Record<WeightVerdict, number>>;
    readonly cases: number;
    readonly seconds: number;
    /** How the whole model stands with all confirmed repairs applied; null when there were none. */
    readonly afterRepairs: {
      readonly verdict: Verdict;
      readonly outputErrorBefore: number;
      readonly outputErrorAfter: number;
    } | null;
    /** What this check did not cover, in sentences. */
    readonly notCovered: readonly string[];
    readonly warnings: readonly string[];
  };
  readonly runtimes: Readonly<Record<string, string>>;
  /** Null: the original itself was run. */
  readonly golden: UsedGolden | null;
  readonly models: { readonly reference: string; readonly candidate: string };
  readonly cases: readonly {
    readonly id: string;
    readonly label: string;
    readonly inputs: readonly {
      readonly name: string;
      readonly shape: readonly number[];
      readonly dtype: string;
      readonly sha256: string;
    }[];
  }[];
  readonly pairs: readonly PairResult[];
  readonly weights: readonly WeightResult[];
  readonly findings: readonly Finding[];
  /** What `--fix` wrote; null when it was not asked for or there was no weight to repair. */
  readonly fix: WrittenFix | null;
  /** Whether the sides repeat themselves; null when they were not run twice. */
  readonly determinism: Determinism | null;
  readonly unmatched: { readonly reference: readonly Unmatched[]; readonly candidate: readonly Unmatched[] };
  /** Whether the check passes what the configuration demands; the exit code follows it. */
  readonly gate: Gate;
  readonly timings: Readonly<Record<string, number>>;
  /** What the page of each compared pair shows, in the order of `pairs`; empty where no report was asked for that holds it. */
  readonly details: readonly LayerDetail[];
}
