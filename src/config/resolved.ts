import type { ReportFormat } from "./report-formats.js";
import type { CandidateDType, GateLevel, InputLayout, InputValue, ToleranceDType, WaiverConfig } from "./types.js";

/** A configuration with every default filled in and every path absolute. */
export interface ResolvedConfig {
  readonly name: string;
  /** The file it came from; null when the command line said it all. */
  readonly configPath: string | null;
  readonly reference: ResolvedReference;
  readonly candidate: ResolvedCandidate;
  readonly inputs: ResolvedInputs;
  /** Reference name → candidate name. Empty when there is no map. */
  readonly map: Readonly<Record<string, string>>;
  readonly tolerance: ResolvedTolerance;
  /** `both` runs both sides in float64 for every pair, not only for those that float32 leaves open. */
  readonly precision: "float32" | "both";
  /** What must hold for the exit code 0 besides what is demanded always. */
  readonly gate: ResolvedGate;
  readonly report: readonly ReportFormat[];
  readonly out: string;
  /** Seconds per side. */
  readonly timeout: number;
  readonly seed: number;
  /** 0 leaves it to the runtime. */
  readonly threads: number;
  /** Where the candidate's weights are written with the confirmed repairs made; absent when nobody asked. */
  readonly fix?: { readonly file: string; readonly force: boolean };
  /** Folder into which every finding is written as a script that runs the layer alone; absent when nobody asked. */
  readonly bundle?: string;
  /** Globs over the pairs that are explained and reported; absent: all of them. */
  readonly only?: readonly string[];
  /** What the reference gave is kept there, and a check takes it from there; absent when nobody asked. */
  readonly golden?: ResolvedGolden;
  /** `all` measures the noise floor of every tap, not only of those that the bound of rounding does not settle. */
  readonly floors: "needed" | "all";
  /** When a side is run twice on the same inputs. */
  readonly selfNoise: "never" | "auto" | "always";
  /** Ids of the cases to run; absent: all of them. What is said of coverage is said of all of them. */
  readonly onlyCases?: readonly string[];
}

/**
 * Which goldens a check may write: `none` writes nothing, `missing` one that is not there, `changed` also one that is stale,
 * `all` every one.
 */
export type GoldenUpdate = "none" | "missing" | "changed" | "all";

export interface ResolvedGolden {
  /** The folder. */
  readonly path: string;
  readonly update: GoldenUpdate;
}

export interface ResolvedReference {
  readonly model: string;
  /** Null: to be found in the graph. */
  readonly outputs: readonly string[] | null;
  readonly inputs: readonly string[] | null;
  /** Of a SavedModel; null for `serving_default`, or the only one. */
  readonly signature: string | null;
  /** Whether the CRC of every tensor of the checkpoint is verified before anything runs. */
  readonly verifyChecksums: boolean;
  /** For an original that Python's TensorFlow has to export: what is loaded into it. */
  readonly weights: string | null;
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Null: found as the candidate's is. */
  readonly python: string | null;
  readonly env: Readonly<Record<string, string>>;
}

export interface ResolvedCandidate {
  /** `/absolute/port.py:build`, `/absolute/model.pt2` or `hf:/absolute/folder`. */
  readonly model: string;
  readonly weights: string | null;
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Null: the interpreter that set-up installed. */
  readonly python: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Absent: the CPU. */
  readonly device?: string;
  /** What it is cast to; absent: as it is built. */
  readonly dtype?: CandidateDType;
  /** Whether its compiled form is run as well. */
  readonly compile?: boolean;
}

export interface ResolvedInputs {
  readonly texts: readonly string[];
  /** Folder of the vocabulary; null with texts only where a golden holds their ids. */
  readonly vocabulary: string | null;
  readonly files: readonly string[];
  readonly values: readonly ResolvedValue[];
  readonly generate: boolean;
  /** By input of the original; of an input that is not named the order of axes is found out. */
  readonly layout?: Readonly<Record<string, InputLayout>>;
}

export interface ResolvedValue {
  readonly name: string;
  readonly spec: InputValue;
  /** What paths in the spec are relative to. */
  readonly directory: string;
}

/** The rules of the gate. With empty lists and nulls it follows the verdict. */
export interface ResolvedGate {
  readonly levels: readonly { readonly glob: string; readonly level: GateLevel }[];
  readonly waivers: readonly Readonly<WaiverConfig>[];
  readonly baseline: ResolvedBaseline | null;
  readonly coverage: ResolvedCoverage | null;
}

export interface ResolvedBaseline {
  readonly file: string;
  /** The path as one would type it. */
  readonly shown: string;
  readonly factor: number;
  readonly absoluteFloor: number;
  /** Whether the file is to be written anew from this check. */
  readonly update: boolean;
}

export interface ResolvedCoverage {
  readonly parameters: number;
  readonly taps: number;
  readonly outputs: "declared" | "all";
  readonly skippedCases: number;
}

export interface ResolvedBounds {
  readonly atol: number;
  readonly rtol: number;
}

/** The rule for a tap: the most specific glob that matches it, else its dtype's entry, else `default`. */
export interface ResolvedTolerance {
  readonly default: "auto" | ResolvedBounds;
  readonly globs: readonly { readonly glob: string; readonly tolerance: "auto" | ResolvedBounds }[];
  readonly perDType: Readonly<Partial<Record<ToleranceDType, ResolvedBounds>>>;
}

/**
 * What the command line says, for `resolveConfig` to lay over a file. Paths are as typed: relative to the working directory.
 * `texts` take the place of the file's texts, files and generated cases.
 */
export interface CheckOverrides {
  readonly reference?: string;
  readonly candidate?: string;
  readonly weights?: string;
  readonly python?: string;
  readonly device?: string;
  readonly dtype?: CandidateDType;
  readonly compile?: boolean;
  readonly referencePython?: string;
  readonly referenceWeights?: string;
  /** `[NAME, SPEC]`, laid over `inputs.values` name by name. */
  readonly values?: readonly (readonly [string, string])[];
  readonly texts?: readonly string[];
  readonly vocab?: string;
  readonly map?: string;
  readonly tolerance?: "auto" | "per-dtype" | ResolvedBounds;
  readonly precision?: "float32" | "both";
  readonly report?: readonly ReportFormat[];
  readonly out?: string;
  readonly timeout?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly floors?: "needed" | "all";
  readonly selfNoise?: "never" | "auto" | "always";
  /** Only the cases of this one of `count` jobs. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Which of several models. */
  readonly model?: string;
  readonly verifyChecksums?: boolean;
  readonly signature?: string;
  /** Writes `baseline.json` anew; a default one where the configuration has none. */
  readonly updateBaseline?: boolean;
  readonly name?: string;
  readonly fix?: string;
  /** `fix` may replace a file that is there. */
  readonly force?: boolean;
  readonly bundle?: string;
  readonly only?: readonly string[];
  readonly golden?: string;
  readonly update?: GoldenUpdate;
}
