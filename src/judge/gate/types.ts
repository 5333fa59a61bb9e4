import type { GateLevel } from "../../config/types.js";
import type { PairVerdict } from "../types.js";

/** `could-not-judge`: what would have to be looked at was not there. */
export type GateOutcome = "pass" | "fail" | "could-not-judge";

/** The rules of the gate, each a file of this folder. */
export type GateRule =
  | "compared"
  | "mismatch"
  | "outputs"
  | "parameters"
  | "taps"
  | "cases"
  | "waivers"
  | "baseline"
  | "repeats";

/** What one rule says: of the whole check, or of one pair. */
export interface GateCheck {
  readonly id: GateRule;
  readonly outcome: GateOutcome | "warn";
  /** One sentence without its full stop: what is, by how much, and what is demanded. */
  readonly message: string;
  /** What to do: the key to edit, or the command. */
  readonly hint: string | null;
  /** The pair that it is about; null when it is about the check as a whole. */
  readonly pair: string | null;
}

/** A waiver and what became of it. `over`: the error is larger than it allows. `insufficient`: another fault shows there, too. */
export interface GateWaiver {
  readonly tap: string | null;
  readonly cause: string | null;
  readonly parameter: string | null;
  readonly reason: string;
  readonly owner: string;
  /** Last day, in UTC, on which it holds. */
  readonly expires: string;
  readonly maxError: number | null;
  readonly state: "active" | "expired" | "over" | "insufficient" | "unused";
  /** The mismatches that it fits; with `active` they are waived. */
  readonly pairs: readonly string[];
}

export interface GateBaseline {
  /** As one would type it. */
  readonly file: string;
  /** `stale`: taken on other inputs. `written`: by this check. `refused`: asked for, but the check is not parity or fails its gate. */
  readonly state: "held" | "missing" | "stale" | "written" | "refused";
  readonly factor: number;
  readonly absoluteFloor: number;
  /** Pairs that got worse than the baseline allows. */
  readonly worse: readonly string[];
  /** Pairs ten times better than their baseline. */
  readonly tighten: readonly string[];
}

/** How the gate stands; the exit code follows its outcome. */
export interface Gate {
  readonly outcome: GateOutcome;
  /** Whether the configuration says anything about the gate. Otherwise it follows the verdict. */
  readonly configured: boolean;
  readonly checks: readonly GateCheck[];
  /** Pairs whose mismatches do not fail the gate, and the entry that says so. */
  readonly levels: readonly { readonly pair: string; readonly level: "off" | "warn"; readonly from: string }[];
  readonly waivers: readonly GateWaiver[];
  readonly baseline: GateBaseline | null;
  /** What it knew beside the rest of the result. */
  readonly run: GateRun;
}

/** What the rest of a result does not hold. */
export interface GateRun {
  /** Whether the original says which tensors are its outputs, or the configuration does; otherwise they were guessed. */
  readonly outputsDeclared: boolean;
  /** Cases that gave no output to compare. */
  readonly skippedCases: readonly string[];
}

/** What the gate needs to know of a pair. Errors are rms errors in units of the reference's rms. */
export interface GatePair {
  readonly id: string;
  readonly candidate: string;
  readonly reference: string;
  readonly verdict: PairVerdict;
  readonly isOutput: boolean;
  /** The local error where there is one, else the accumulated one; null when it was not compared. */
  readonly error: number | null;
  readonly run: "local" | "accumulated";
  /** The measured noise floor; null where it was not measured. */
  readonly floor: number | null;
  /** Whether float64 showed the error to be rounding, however large it is. */
  readonly isRounding: boolean;
  /** How far off it is, as reports say it: `×410 noise`. */
  readonly told: string;
}

/** What the gate needs to know of a check. */
export interface GateFacts extends GateRun {
  readonly pairs: readonly GatePair[];
  readonly findings: readonly {
    readonly cause: string;
    readonly pairs: readonly string[];
    readonly parameters: readonly string[];
  }[];
  readonly parameters: { readonly total: number; readonly missing: readonly string[] };
  /** Taps of the candidate that have no partner. */
  readonly unmatchedTaps: readonly string[];
  readonly unmatchedOutputs: { readonly reference: readonly string[]; readonly candidate: readonly string[] };
  /** Whether only chosen pairs were looked at (`--only`): then nobody asks for the outputs. */
  readonly partial?: boolean;
  readonly cases: number;
  readonly inputs: BaselineInputs;
}

/** Hash of each input by case and name. */
export type BaselineInputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The world outside: what day it is, where the check runs, what was measured before. */
export interface GateSurroundings {
  /** Today's date in UTC, `2026-11-25`. */
  readonly today: string;
  /** Whether this is a CI run, in which nobody reads advice. */
  readonly ci: boolean;
  /** The kept baseline; null when there is none. */
  readonly baseline: Baseline | null;
}

/** `baseline.json`: the error of every tap when it was taken, and of what. */
export interface Baseline {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly provenance: {
    readonly written: string;
    readonly reference: string;
    readonly candidate: string;
    readonly runtimes: Readonly<Record<string, string>>;
  };
  readonly inputs: BaselineInputs;
  readonly taps: Readonly<Record<string, { readonly error: number; readonly run: "local" | "accumulated" }>>;
}

/** A pair with the level that applies to it and the entry that set it. */
export interface LevelledPair {
  readonly pair: GatePair;
  readonly level: GateLevel;
  readonly from: string;
}
