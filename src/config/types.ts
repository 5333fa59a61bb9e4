/** What a user may write in `parity.config.*`. Every field but `reference` and `candidate` has a default. */
export interface ParityConfig {
  /** Name of the check in reports. Default: the folder's name. */
  name?: string;
  /** The original TensorFlow model: a checkpoint prefix, one of its files, or its folder. */
  reference: string | ReferenceConfig;
  /** The converted PyTorch model: `port.py:build`, a function that returns the ready `nn.Module`. */
  candidate: string | CandidateConfig;
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
  /** Reports to write beside the terminal view. Default: both. */
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
  /** Verifies the checksum of every tensor of the checkpoint before anything runs. Default: false. */
  verifyChecksums?: boolean;
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
}

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
export type ReportFormat = "json" | "html";
