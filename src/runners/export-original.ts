import { harnessPath } from "./harness-path.js";
import { resolvePython } from "./python-path.js";
import { startRunner } from "./wire.js";

export interface ExportOptions {
  /** A Keras file, or `file.py:callable`. Absolute. */
  readonly source: string;
  /** Arguments of the callable. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** A file of weights or the prefix of a checkpoint, to be loaded into it. */
  readonly weights: string | null;
  /** A folder that is not there yet; it is made when all of it is written. */
  readonly out: string;
  /** Of the random generators, for variables that are initialised and not loaded. */
  readonly seed: number;
  /** A path or command; null leaves it to `resolvePython`. */
  readonly python: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A layer of a Keras model. */
export interface ExportedLayer {
  /** Names from the model's own down: `net/encoder/dense`. */
  readonly path: string;
  readonly class: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A TensorFlow 1 checkpoint with its graph, written from an original that only Python's TensorFlow reads. */
export interface ExportedOriginal {
  /** Of `.index`, `.data-*` and `.meta`. */
  readonly prefix: string;
  /** Sizes that are not known are -1; a shape of unknown rank is null. */
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[] | null;
  }[];
  readonly outputs: readonly { readonly name: string; readonly tensor: string }[];
  /** Empty when the original is no Keras model. */
  readonly layers: readonly ExportedLayer[];
  readonly warnings: readonly string[];
  /** Versions of Python, TensorFlow and Keras. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Runs Python's TensorFlow to write an original in the form that the in-process runtime runs. The process ends with it. */
export async function exportOriginal(options: ExportOptions): Promise<ExportedOriginal> {
  const { source, kwargs, weights, out, seed, env } = options;
  const runner = startRunner({
    label: "reference",
    command: resolvePython(options.python ?? undefined),
    args: ["-m", "parity_harness.original"],
    env: { PYTHONUNBUFFERED: "1", TF_CPP_MIN_LOG_LEVEL: "2", ...env, PYTHONPATH: harnessPath(env) },
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const versions = (await runner.request("hello", {})) as Record<string, string>;
    const written = await runner.request("export", { source, kwargs, weights, out, seed });
    return { ...(written as Omit<ExportedOriginal, "versions">), versions };
  } finally {
    await runner.close();
  }
}
