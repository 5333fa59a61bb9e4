import type { Layout } from "../compare/types.js";
import type { AxisLimit } from "../inputs/axis-limits.js";
import type { SourcePlace, Tap } from "../recording/types.js";
import type { Edit, StoredTensor, Trace } from "./edits.js";
import { harnessPath } from "./harness-path.js";
import { resolvePython } from "./python-path.js";
import type { SideRecording } from "./reference.js";
import type { ProgressListener } from "./types.js";
import { type RunnerProcess, startRunner } from "./wire.js";

export interface CandidateOptions {
  /** `file.py:callable`, the file of a program, or a folder. */
  readonly entry: string;
  /** What the entry is; absent: Python code. */
  readonly form?: "pt2" | "torchscript" | "hf" | "onnx";
  /** The class of transformers to load a folder into; absent: the one that the folder names. */
  readonly pretrainedClass?: string;
  /** Absent: the CPU. */
  readonly device?: string;
  /** What the model is cast to; absent: as it is built. */
  readonly dtype?: "float32" | "float16" | "bfloat16";
  /** Whether its compiled form is run beside it. */
  readonly compile?: boolean;
  readonly weights: string | null;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly python: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly seed: number;
  /** 0 leaves it to torch. */
  readonly threads: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Notes which files the port is made of, for `imports`. */
  readonly watch?: boolean;
}

/** What a port is made of. */
export interface Imports {
  /** The user's own files: modules and what they opened. Absolute. */
  readonly files: readonly string[];
  /** Installed modules that are loaded. */
  readonly modules: readonly string[];
}

export interface ModuleDescription {
  readonly path: string;
  readonly class: string;
  /** With the Python module that defines it: `torch.nn.modules.linear.Linear`. */
  readonly qualname: string;
  readonly training: boolean;
  /** An attribute `eps`, `epsilon` or `variance_epsilon`; null where the module has none. */
  readonly epsilon?: number | null;
  /** Own parameters and buffers, without the path. */
  readonly parameters: readonly string[];
  readonly source: SourcePlace | null;
}

export interface ParameterDescription {
  readonly name: string;
  readonly module: string;
  readonly kind: "parameter" | "buffer";
  readonly persistent: boolean;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sameAs: string | null;
  readonly expectedLayout: string;
  /** Of an ONNX model: the initializer that it is, and the node that reads it. */
  readonly stored?: { readonly initializer: string; readonly node: string };
  /** Of an ONNX model: the operator that reads it, where that says more about its layout than the class of its layer. */
  readonly operator?: string;
}

export interface InputDescription {
  readonly name: string;
  readonly required: boolean;
  /** By axis, where the candidate is a program that allows some sizes only. */
  readonly sizes?: readonly AxisLimit[];
}

/** The outputs of what is run in production instead of the module, such as its compiled form. */
export interface ShippedOutputs {
  readonly directory: string;
  readonly taps: readonly string[];
}

export interface CandidateDescription {
  readonly inputs: readonly InputDescription[];
  readonly modules: readonly ModuleDescription[];
  readonly parameters: readonly ParameterDescription[];
  readonly warnings: readonly string[];
  /** Where it is held; absent where it was not asked for. */
  readonly device?: string;
  /** What it was cast to on request. */
  readonly dtype?: string;
}

/** The bytes of a tensor in a file, and how they would lie in a parameter. */
export interface StoredWeight {
  readonly file: string;
  readonly offset: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly permute: Layout["permute"];
}

export interface CandidateCase {
  readonly id: string;
  readonly inputs: readonly {
    readonly parameter: string | null;
    readonly position: number;
    readonly file: string;
    readonly tensor: string;
    /** The order of axes in which the port wants it, as in numpy's transpose; the original's own when it is not given. */
    readonly permute?: readonly number[] | null;
  }[];
}

/** A candidate tap whose module's output is replaced by the reference's tensor. */
export interface Replacement {
  readonly tap: string;
  readonly permute: Layout["permute"];
  readonly reshape: Layout["reshape"];
  readonly files: Readonly<
    Record<string, { readonly file: string; readonly tensor: string; readonly reshapeFirst?: readonly number[] | null }>
  >;
}

export type Perturbation = { readonly kind: "permute-reductions" | "jitter"; readonly seed: number };

export interface RecordRequest {
  readonly out: string;
  readonly cases: readonly CandidateCase[];
  readonly taps: "all" | readonly string[];
  readonly precision: "float32" | "float64";
  readonly perturb: Perturbation | null;
  readonly force: { readonly replace: readonly Replacement[] } | null;
  /** Made for this run and undone after it. */
  readonly edits: readonly Edit[];
  /** Of the random generators before each case; that of `open` when it is not given. */
  readonly seed?: number;
  /** Whether the shipped form is run too, where the candidate has one. */
  readonly shipped?: boolean;
}

export interface Experiment {
  readonly id: string;
  /** What is observed, before it is forced. */
  readonly taps: readonly string[];
  readonly edits: readonly Edit[];
}

export interface ExperimentOutcome {
  readonly id: string;
  readonly status: "ran" | "failed";
  readonly reason: string | null;
  /** By tap and case. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, StoredTensor>>>>;
}

/** The port, built and run in a fork of a Python process that has torch imported. */
export interface Candidate {
  hello(): Promise<Readonly<Record<string, string>>>;
  open(): Promise<CandidateDescription>;
  /**
   * Writes every parameter and persistent buffer, once per storage, to a safetensors file, but for those that equal what is
   * stored for them, whose names are the answer. Edits of parameters are made while they are written.
   */
  weights(
    out: string,
    stored: Readonly<Record<string, StoredWeight>>,
    edits?: readonly Edit[],
  ): Promise<readonly string[]>;
  record(
    request: RecordRequest,
    onProgress?: ProgressListener,
  ): Promise<SideRecording & { readonly warnings: readonly string[]; readonly shipped?: ShippedOutputs }>;
  probe(
    request: Pick<RecordRequest, "out" | "cases" | "force"> & { readonly experiments: readonly Experiment[] },
  ): Promise<readonly ExperimentOutcome[]>;
  /** What the candidate computes between forced tensors and each of the taps, in the one case. */
  trace(
    request: Pick<RecordRequest, "out" | "cases" | "force" | "edits"> & { readonly taps: readonly string[] },
  ): Promise<readonly Trace[]>;
  /** What the port is made of, also when it could not be opened. */
  imports(): Promise<Imports>;
  /** Has the server import installed modules, so that the next `open` need not. */
  preload(modules: readonly string[]): Promise<void>;
  /** Gives the runner its whole time again: it is kept from one check to the next. */
  renew(): void;
  /** Stops that clock while nothing is asked of it. */
  rest(): void;
  close(): Promise<void>;
}

export function startCandidate(options: CandidateOptions): Candidate {
  const runner = startRunner({
    label: "candidate",
    command: resolvePython(options.python ?? undefined),
    args: ["-m", "parity_harness.server"],
    env: {
      PYTHONUNBUFFERED: "1",
      TF_CPP_MIN_LOG_LEVEL: "2",
      // Torch's threads spin while they wait for each other, and TensorFlow runs at the same time: on two busy cores a tiny model
      // took twenty times as long, twelve layers of 768 twice as long (bench/RESULTS.md). Waiting asleep costs microseconds.
      OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? "PASSIVE",
      ...options.env,
      PYTHONPATH: harnessPath(options.env),
    },
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return speakWithCandidate(runner, options);
}

/** A candidate whose process answers as docs/protocol.md says, whatever runs the model in there. */
export function speakWithCandidate(runner: RunnerProcess, options: CandidateOptions): Candidate {
  return {
    async hello() {
      const versions = (await runner.request("hello", {})) as Record<string, unknown>;
      return Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, String(version)]));
    },
    async open() {
      const { entry, kwargs, weights, seed, threads, form, pretrainedClass, device, dtype, compile } = options;
      return (await runner.request("open", {
        entry,
        kwargs,
        weights,
        device: device ?? "cpu",
        seed,
        threads,
        ...(form === undefined ? {} : { form }),
        ...(pretrainedClass === undefined ? {} : { class: pretrainedClass }),
        ...(dtype === undefined ? {} : { dtype }),
        ...(compile === true ? { compile } : {}),
        ...(options.watch === true ? { watch: true } : {}),
      })) as CandidateDescription;
    },
    async weights(out, stored, edits = []) {
      return ((await runner.request("weights", { out, stored, edits })) as { equal: readonly string[] }).equal;
    },
    async record(request, onProgress) {
      const answer = (await runner.request("record", request, onProgress)) as {
        taps: readonly CandidateTap[];
        seconds: Record<string, number>;
        inputs: Record<string, string>;
        warnings?: readonly string[];
        shipped?: ShippedOutputs;
      };
      return {
        directory: request.out,
        taps: answer.taps.map(toTap),
        seconds: answer.seconds,
        inputs: answer.inputs,
        warnings: answer.warnings ?? [],
        ...(answer.shipped === undefined ? {} : { shipped: answer.shipped }),
      };
    },
    async probe(request) {
      return ((await runner.request("probe", request)) as { experiments: readonly ExperimentOutcome[] }).experiments;
    },
    async trace(request) {
      return ((await runner.request("trace", request)) as { traces: readonly Trace[] }).traces;
    },
    async imports() {
      return (await runner.request("imports", {})) as Imports;
    },
    async preload(modules) {
      await runner.request("preload", { modules });
    },
    renew: () => runner.renew(),
    rest: () => runner.rest(),
    close: () => runner.close(),
  };
}

type CandidateTap = Omit<Tap, "tensor" | "kind">;

function toTap(tap: CandidateTap): Tap {
  return { ...tap, tensor: null, kind: "module" };
}
