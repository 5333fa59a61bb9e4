import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParityError } from "../errors.js";
import { bytesPerElement } from "../formats/dtype.js";
import { dataTypeName } from "../formats/tf-proto/data-type.js";
import type { LazyTensor } from "../formats/types.js";
import type { Tap } from "../recording/types.js";
import type { Fetch } from "../tensorflow/fetch-ops.js";
import { parseTensorName, tensorName } from "../tensorflow/graph.js";
import { type DoubleGraph, promoteToDouble } from "../tensorflow/promote.js";
import type { VariableSample } from "../tensorflow/sample-ops.js";
import { VIEW_TAG, writeSavedModelView } from "../tensorflow/saved-model-view.js";
import { makeSessionGraph, type SessionGraph } from "../tensorflow/session-graph.js";
import type { Original } from "../tensorflow/understand-original.js";
import type { RecordResult, SampleResult, WorkerCase, WorkerFetch } from "./tfjs-protocol.js";
import type { ProgressListener } from "./types.js";
import { type RunnerProcess, startRunner } from "./wire.js";

export interface ReferenceOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** 0 leaves the number of threads to TensorFlow. */
  readonly threads: number;
}

export interface ReferenceCase {
  readonly id: string;
  readonly inputs: readonly { readonly name: string; readonly file: string; readonly tensor: string }[];
}

/** What a run of one side left behind. */
export interface SideRecording {
  /** One `<case id>.safetensors` per case. */
  readonly directory: string;
  readonly taps: readonly Tap[];
  readonly seconds: Readonly<Record<string, number>>;
  /** sha256 of every input as that side read it, by its name in the inputs file. */
  readonly inputs: Readonly<Record<string, string>>;
  /**
   * Where the tensors were stored in fewer bits (a golden): a folder with the same tensors, each moved by as much as that may
   * have taken away. What a layer makes of the difference is noise.
   */
  readonly dithered?: string;
}

/** The original: restored in a child process through tfjs-node, or as a golden keeps it (golden.ts). */
export interface Reference {
  /** Versions of the runtime. */
  hello(): Promise<Readonly<Record<string, string>>>;
  /** Restores it and proves that the session's variables are the checkpoint's. Throws REFERENCE_NOT_RESTORED. */
  open(original: Original, scratch: string): Promise<void>;
  record(
    original: Original,
    cases: readonly ReferenceCase[],
    out: string,
    onProgress?: ProgressListener,
  ): Promise<SideRecording>;
  /**
   * Records any tensors (`node:slot`) of the open original: one safetensors file per case, each tensor under its own name,
   * integers as int32 and truth values as bool. Throws REFERENCE_FAILED for a tensor that the session does not give.
   */
  fetch(
    original: Original,
    cases: readonly ReferenceCase[],
    out: string,
    tensors: readonly string[],
  ): Promise<{ readonly directory: string }>;
  /**
   * Records the given tensors with the whole forward pass in double, floating ones as float64. The graph for it is opened
   * in a second session of the same process when it is first asked for. Throws REFERENCE_FAILED where an op cannot be
   * promoted.
   */
  recordDouble(
    original: Original,
    cases: readonly ReferenceCase[],
    out: string,
    tensors: readonly string[],
  ): Promise<DoubleRecording>;
  /** What was asked for and could not be given, in sentences for the user. Absent: everything can be given. */
  notes?(): readonly string[];
  /** Gives the runner its whole time again: it is kept from one check to the next. */
  renew(): void;
  /** Stops that clock while nothing is asked of it. */
  rest(): void;
  close(): Promise<void>;
}

/** What the original gave in double. */
export interface DoubleRecording {
  readonly directory: string;
  readonly seconds: Readonly<Record<string, number>>;
  /** Ops without a kernel in double, which ran in float32. */
  readonly single: readonly string[];
  /** The tensors that depend on one of them. */
  readonly touched: ReadonlySet<string>;
}

/** The name of the second session in the worker. */
const DOUBLE_SESSION = "double";

/** Starts the worker; TensorFlow loads there while the caller goes on. */
export function startReference(options: ReferenceOptions): Reference {
  const runner: RunnerProcess = startRunner({
    label: "reference",
    command: process.execPath,
    args: [workerPath()],
    env: {
      TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? "2",
      ...(options.threads > 0
        ? { TF_NUM_INTRAOP_THREADS: String(options.threads), OMP_NUM_THREADS: String(options.threads) }
        : {}),
    },
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let session: SessionGraph | null = null;
  let place = "";
  let double: DoubleGraph | null = null;
  return {
    async hello() {
      return (await runner.request("hello", {})) as Record<string, string>;
    },
    async open(original, scratch) {
      session = makeSessionGraph(original);
      place = scratch;
      double = null;
      const directory = join(scratch, "original");
      mkdirSync(directory, { recursive: true });
      writeSavedModelView(directory, session.metaGraph, original.restore.prefix);
      await runner.request("open", { directory, tag: VIEW_TAG });
      await verifyRestored(runner, session.samples, original);
    },
    async record(original, cases, out, onProgress) {
      if (session === null) throw new Error("the reference is not open");
      const fetches: WorkerFetch[] = [...session.fetches].map(([name, fetch]) => ({ name, ...fetch }));
      const params = { out, cases: cases.map((one) => makeWorkerCase(original, one)), fetches };
      const result = (await runner.request("record", params, onProgress)) as RecordResult;
      return { directory: out, taps: describeTaps(original, result), seconds: result.seconds, inputs: result.inputs };
    },
    async fetch(original, cases, out, tensors) {
      if (session === null) throw new Error("the reference is not open");
      const { readers } = session;
      const names = [...new Set(tensors.map((tensor) => tensorName(parseTensorName(tensor))))];
      const fetches: WorkerFetch[] = names.map((name) => ({ name, ...readerOf(name, readers) }));
      await runner.request("record", { out, cases: cases.map((one) => makeWorkerCase(original, one)), fetches });
      return { directory: out };
    },
    async recordDouble(original, cases, out, tensors) {
      const known = double?.fetches;
      if (double === null || tensors.some((tensor) => known?.has(tensor) !== true)) {
        double = promoteToDouble(original, new Set([...(known?.keys() ?? []), ...tensors]));
        const directory = join(place, `original-double-${double.fetches.size}`);
        mkdirSync(directory, { recursive: true });
        writeSavedModelView(directory, double.metaGraph, original.restore.prefix);
        await runner.request("open", { directory, tag: VIEW_TAG, session: DOUBLE_SESSION });
        await verifyRestored(runner, double.samples, original, DOUBLE_SESSION);
      }
      const { fetches, single, touched } = double;
      const wanted: WorkerFetch[] = tensors.map((name) => ({ name, ...readerOf(name, fetches) }));
      const params = { out, cases: cases.map((one) => makeWorkerCase(original, one)), fetches: wanted };
      const result = (await runner.request("record", { ...params, session: DOUBLE_SESSION })) as RecordResult;
      return { directory: out, seconds: result.seconds, single, touched };
    },
    renew: () => runner.renew(),
    rest: () => runner.rest(),
    close: () => runner.close(),
  };
}

/** The compiled worker: a child Node cannot run TypeScript sources. */
function workerPath(): string {
  const beside = fileURLToPath(new URL("./tfjs-worker.js", import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL("../../dist/runners/tfjs-worker.js", import.meta.url));
  if (existsSync(built)) return built;
  throw new ParityError("RUNTIME_MISSING", "parity itself is not built.", {
    hint: "npm run build",
    where: { file: built },
  });
}

function readerOf(tensor: string, readers: SessionGraph["readers"]): Fetch {
  const fetch = readers.get(tensor);
  if (fetch !== undefined) return fetch;
  throw new ParityError("REFERENCE_FAILED", `The session of the original does not give the tensor ${tensor}.`, {
    where: { key: tensor },
    hint: "It is no tensor of the forward pass, holds no numbers, or lies in a branch or a loop.",
  });
}

function makeWorkerCase(original: Original, one: ReferenceCase): WorkerCase {
  const feeds = original.inputs.map((input) => {
    const head = { tensor: input.tensor, dtype: input.dtype, tfDtype: dataTypeName(input.dataType) };
    const given = one.inputs.find((candidate) => candidate.name === input.name);
    if (given !== undefined) return { ...head, from: { file: given.file, name: given.tensor } };
    if (input.inferenceValue !== null) return { ...head, from: { scalar: input.inferenceValue } };
    throw new ParityError("INPUTS_INVALID", `Case ${one.id} has no value for the input ${input.name}.`, {
      where: { key: input.name },
    });
  });
  return { id: one.id, feeds };
}

function describeTaps(original: Original, result: RecordResult): Tap[] {
  return original.taps.flatMap((tap) => {
    const shapes = result.shapes[tap.tensor];
    if (shapes === undefined) return [];
    return [{ ...tap, call: 1, slot: null, source: null, shapes }];
  });
}

/** Another tool is known to compare freshly initialised weights here without noticing; see DESIGN, `reference-not-restored`. */
async function verifyRestored(
  runner: RunnerProcess,
  samples: readonly VariableSample[],
  original: Original,
  session?: string,
): Promise<void> {
  const fetches: WorkerFetch[] = samples.map(({ key, read, dtype }) => ({ name: key, read, dtype, bitcast: false }));
  if (fetches.length === 0) return;
  const { values } = (await runner.request("sample", { fetches, ...(session && { session }) })) as SampleResult;
  const wrong = samples.filter((sample, i) => {
    const stored = original.checkpoint.tensors.get(sample.key);
    return stored !== undefined && !readElements(stored, sample.indices).equals(bitsOf(sample, values[i] ?? ""));
  });
  if (wrong.length === 0) return;
  const keys = [...new Set(wrong.map((sample) => sample.key))];
  throw new ParityError(
    "REFERENCE_NOT_RESTORED",
    `${wrong.length} of ${fetches.length} variables in the session are not those of the checkpoint, for example ${keys[0]}.`,
    {
      where: { file: original.checkpoint.path, key: keys[0] ?? "" },
      hint: "Nothing was compared: the original would have been judged by other weights than its own. Please report this with the graph.",
    },
  );
}

/** The sampled elements' own bytes, of what the session gave. */
function bitsOf(sample: VariableSample, base64: string): Buffer {
  const given = Buffer.from(base64, "base64");
  if (sample.width >= 4) return given;
  const low = Array.from({ length: given.length / 4 }, (_, i) => given.subarray(4 * i, 4 * i + sample.width));
  return Buffer.concat(low);
}

function readElements(stored: LazyTensor, indices: readonly number[]): Buffer {
  const size = bytesPerElement(stored.dtype);
  const bytes = Buffer.alloc(indices.length * size);
  for (const [k, index] of indices.entries()) stored.read(bytes.subarray(k * size, (k + 1) * size), index * size);
  return bytes;
}
