import type { ReportFormat } from "./report-formats.js";

/** What a user may write in `parity.config.*`. Every field but `reference` and `candidate` has a default. */
export interface ParityConfig {
  /** Name of the check in reports. Default: the folder's name. */
  name?: string;
  /** The original TensorFlow model: a checkpoint prefix, one of its files, or its folder. */
  reference: string | ReferenceConfig;
  /**
   * The converted PyTorch model: `port.py:build`, a function that returns the ready `nn.Module`; a program of `torch.export`
   * (`.pt2`) or TorchScript; or `hf:DIR`, a folder that `save_pretrained` of transformers wrote.
   */
  candidate: string | CandidateConfig;
  /** A folder that `parity record` wrote: with it a check needs neither TensorFlow nor the checkpoint. */
  golden?: string;
  /** What both sides are fed. Default: cases generated from the reference's own inputs and vocabulary size. */
  inputs?: InputsConfig;
  /** Pairs that the alignment cannot know: `{ referenceName: candidateName }`, or a JSON or YAML file with that object. */
  map?: string | Record<string, string>;
  /**
   * `"auto"` (default) measures the rounding noise at every tap. `{ atol, rtol }` demands |error| ≤ atol + rtol·|reference|.
   * `"per-dtype"` takes explicit bounds by the dtype of the tap.
   */
  tolerance?: "auto" | "per-dtype" | BoundsConfig;
  /** Exceptions by glob over candidate or reference names: `{ "h.*.attn": { atol: 1e-4, rtol: 1e-3 } }`. */
  tolerances?: Record<string, "auto" | BoundsConfig>;
  /** Explicit bounds for all taps of a dtype. They win over `tolerance` and lose to `tolerances`. */
  perDType?: Partial<Record<ToleranceDType, BoundsConfig>>;
  /**
   * `"float32"` (default) runs both sides in float64 as well where an error in float32 is doubtful or unexplained, `"both"`
   * everywhere.
   */
  precision?: "float32" | "both";
  /**
   * What a mismatch of a tap means for the gate, by glob over candidate or reference names: `error` (default) fails it, `warn` is
   * reported and does not, `off` is not looked at. Of several globs that fit the most specific one counts.
   */
  levels?: Record<string, GateLevel>;
  /** Mismatches that are known and accepted for a while. */
  waivers?: WaiverConfig[];
  /** Fails the gate when a layer gets worse than it was when the baseline was taken, even within its tolerance. */
  baseline?: boolean | BaselineConfig;
  /** How much must have been compared for the gate to pass. `{}` takes all defaults; without it only outputs are demanded. */
  coverage?: CoverageConfig;
  /** Reports to write beside the terminal view. Default: json and html. */
  report?: ReportFormat[];
  /** Folder for the reports. Default: `reports/<name>` under the working directory. */
  out?: string;
  /** Seconds that each side may take. Default: 600. */
  timeout?: number;
  /** Seed of generated inputs and of the noise measurements. Default: 0. */
  seed?: number;
  /** Threads of each runtime; 0 (default) leaves it to the runtime. */
  threads?: number;
  /** `"needed"` (default) measures the noise floor where the bound of rounding does not settle a tap, `"all"` everywhere. */
  floors?: "needed" | "all";
  /**
   * When a side is run a second time on the same inputs, to see whether it repeats itself. `"auto"` (default): when something
   * differs that nothing explains, and when tolerances are given. Runs that the verdict does not need are not made.
   */
  selfNoise?: "never" | "auto" | "always";
}

/**
 * One configuration for several models, checked one after the other. What stands beside `models` holds for each of them; a model's
 * own objects (`candidate`, `inputs`, `map`, …) are laid over the shared ones key by key, anything else takes their place.
 */
export interface ModelsConfig extends Shared {
  models: Record<string, ModelConfig>;
}

/** What several models have in common. `out` is the folder that holds one folder per model. */
type Shared = Partial<Omit<ParityConfig, "reference" | "candidate">> & {
  reference?: string | Partial<ReferenceConfig>;
  candidate?: string | Partial<CandidateConfig>;
};

/** One of several models. Its name is its key under `models`. */
export type ModelConfig = Omit<Shared, "name">;

export interface ReferenceConfig {
  model: string;
  /** Tensors that count as the model's outputs, such as `logits:0`. Default: found in the graph. */
  outputs?: string[];
  /** Order of the placeholders, for pairing them with the port's arguments. Default: that of the graph. */
  inputs?: string[];
  /** Which signature of a SavedModel is run. Default: `serving_default`, or the only one. */
  signature?: string;
  /** Verifies the checksum of every tensor of the checkpoint before anything runs. Default: false. */
  verifyChecksums?: boolean;
  /** Weights for an original that is code or a Keras file: `.weights.h5`, `.h5`, or the prefix of a TensorFlow checkpoint. */
  weights?: string;
  /** Keyword arguments of the function, where the original is code. */
  kwargs?: Record<string, unknown>;
  /** The Python interpreter with TensorFlow, for Keras files and code. Default: found as the candidate's is. */
  python?: string;
  env?: Record<string, string>;
}

export interface CandidateConfig {
  model: string;
  /** A state dict that is loaded into the returned module. */
  weights?: string;
  /** Keyword arguments of the function. Strings are passed as they are. */
  kwargs?: Record<string, unknown>;
  /** The Python interpreter. Default: the one that set-up installed. */
  python?: string;
  env?: Record<string, string>;
  /** Where it runs: `cpu` (default), `cuda`, `cuda:1` or `mps`. */
  device?: string;
  /** The type that it is cast to before it runs; it is then judged by the rounding of that type. Default: as it is built. */
  dtype?: CandidateDType;
  /** Also holds what `torch.compile` makes of it against the module itself. Default: false. */
  compile?: boolean;
}

export type CandidateDType = "float32" | "float16" | "bfloat16";

export interface InputsConfig {
  /** One case per text, tokenised with the reference's vocabulary. */
  text?: string | string[];
  /** Folder with `encoder.json` and `vocab.bpe`, or `tokenizer.json`. Default: the reference's own folder. */
  vocab?: string;
  /** Make cases from the reference's inputs. Default: true when there is neither `text` nor `files`. */
  generate?: boolean;
  /** `.npz`, `.npy`, `.safetensors` or `.json` files with values for all inputs. */
  files?: string | string[];
  /** One input each: a file (`ids.npz#key`), `ids:3x7`, `normal:1x8`, `zeros:…`, `ones:…`, or the numbers themselves. */
  values?: Record<string, InputValue>;
  /**
   * In which order of axes the port takes an input of the original: as it is, channels behind the batch, or time before
   * it. Default: found by what runs and agrees.
   */
  layout?: Record<string, InputLayout>;
}

export type InputLayout = "same" | "channels-first" | "time-major";

export type InputValue = string | number | boolean | InputValue[];

export interface BoundsConfig {
  atol: number;
  rtol: number;
}

export type ToleranceDType = "float64" | "float32" | "float16" | "bfloat16";
export type GateLevel = "off" | "warn" | "error";

/** A mismatch that is known and accepted until a day. At least one of `tap`, `cause` and `parameter`; all that are given must fit. */
export interface WaiverConfig {
  /** Glob over candidate or reference names. */
  tap?: string | undefined;
  /** A cause of `parity causes`: waives pairs all of whose findings are waived. */
  cause?: string | undefined;
  /** Glob over parameters of the candidate that a finding names. */
  parameter?: string | undefined;
  /** Why it is accepted. */
  reason: string;
  /** Who answers for it. */
  owner: string;
  /** Last day, in UTC, on which it holds: `2027-01-31`. */
  expires: string;
  /** The rms error of the tap, relative to the reference's rms (local where there is one), up to which it holds. Default: any. */
  maxError?: number | undefined;
}

export interface BaselineConfig {
  /** Default: `golden/<name>/baseline.json` beside the configuration. */
  file?: string;
  /** How many times worse than its baseline a layer may get. Default: 4. */
  factor?: number;
  /** Relative rms error up to which nothing counts as worse. Default: 4 units in the last place of float32, 4.8e-7. */
  absoluteFloor?: number;
}

export interface CoverageConfig {
  /** Share of the candidate's parameters that must have been held against a variable, 0 to 1. Default: 1. */
  parameters?: number;
  /** Share of the candidate's taps that must have been compared, 0 to 1. Default: 0.5. */
  taps?: number;
  /** `declared` (default): outputs that the original declares need a partner; `all`: those found in its graph, too. */
  outputs?: "declared" | "all";
  /** How many cases may give no output to compare. Default: 0. */
  skippedCases?: number;
}
