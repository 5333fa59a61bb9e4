import type { Tensor } from "@tensorflow/tfjs-node";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { LazyTensor } from "../formats/types.js";
import type { loadTfjs } from "./load-tfjs.js";
import type { WorkerFeed, WorkerFetch } from "./tfjs-protocol.js";

type Tfjs = Awaited<ReturnType<typeof loadTfjs>>;

/** The calls of tfjs-node's backend that take any tensor name, not only those of a signature. */
interface NodeBackend {
  loadSavedModelMetaGraph(path: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputs: Tensor[],
    infos: { name: string; dtype: string; tfDtype: string }[],
    outputs: string[],
  ): Tensor[];
}

export interface Fetched {
  readonly fetch: WorkerFetch;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface Session {
  run(feeds: readonly WorkerFeed[], fetches: readonly WorkerFetch[]): Fetched[];
  /** Frees the session and its variables. */
  close(): void;
}

/** Restores a SavedModel directory in this process. Throws REFERENCE_FAILED with TensorFlow's own words. */
export function openSession(tfjs: Tfjs, directory: string, tag: string): Session {
  const backend = tfjs.backend() as unknown as NodeBackend;
  const id = attempt("TensorFlow could not load the original", () => backend.loadSavedModelMetaGraph(directory, tag));
  return {
    run(feeds, fetches) {
      const inputs = feeds.map((feed) => makeInput(tfjs, feed));
      const infos = feeds.map((feed) => ({ name: feed.tensor, dtype: sessionDType(feed), tfDtype: feed.tfDtype }));
      // The same tensor may be wanted under several names; the session takes each once.
      const reads = [...new Set(fetches.map((fetch) => fetch.read))];
      const outputs = attempt("TensorFlow could not run the original", () =>
        backend.runSavedModel(id, inputs, infos, reads),
      );
      const byRead = new Map(reads.map((read, i) => [read, outputs[i]]));
      const fetched = fetches.map((fetch) => readOut(fetch, byRead.get(fetch.read)));
      tfjs.dispose([...inputs, ...outputs]);
      return fetched;
    },
    close: () => backend.deleteSavedModel(id),
  };
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("REFERENCE_FAILED", `${what}: ${firstLine(reason)}`, {
      cause,
      detail: reason,
      hint: hintFor(reason),
    });
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]?.slice(0, 300) ?? "";
}

function hintFor(reason: string): string {
  if (/indices\[.*\] = .* is not in/.test(reason))
    return "An input selects a row that a table does not have: ids beyond the vocabulary, or a sequence longer than the context.";
  if (/Op type not registered/.test(reason)) return "The graph uses a custom op that this TensorFlow does not have.";
  if (/must feed a value for placeholder/i.test(reason))
    return "The graph has another input. Give it a value with --input NAME=SPEC.";
  return "If the graph runs in TensorFlow itself, please report this with the message above.";
}

/** The dtype under which tfjs hands values to the session; integers are widened there to what the graph declares. */
function sessionDType(feed: WorkerFeed): "float32" | "int32" | "bool" {
  switch (feed.dtype) {
    case "float32":
    case "bool":
      return feed.dtype;
    case "int32":
    case "int64":
    case "uint8":
      return "int32";
    default:
      throw new ParityError(
        "FORMAT_UNSUPPORTED",
        `${feed.tensor}: inputs of type ${feed.dtype} cannot be fed to the original.`,
        { hint: "float32, int32, int64, uint8 and bool inputs can." },
      );
  }
}

function makeInput(tfjs: Tfjs, feed: WorkerFeed): Tensor {
  if ("scalar" in feed.from) {
    if (feed.dtype === "bool") return tfjs.scalar(feed.from.scalar !== 0, "bool");
    return tfjs.scalar(feed.from.scalar, sessionDType(feed));
  }
  const file = openSafetensors(feed.from.file);
  try {
    const tensor = file.tensors.get(feed.from.name);
    if (tensor === undefined)
      throw new ParityError("INPUTS_INVALID", `The inputs hold no tensor ${feed.from.name}.`, {
        where: { file: feed.from.file },
      });
    const dtype = sessionDType(feed);
    return tfjs.tensor(readValues(tensor, feed), [...tensor.shape], dtype);
  } finally {
    file.close();
  }
}

function readValues(tensor: LazyTensor, feed: WorkerFeed): Float32Array | Int32Array | Uint8Array {
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  switch (tensor.dtype) {
    case "float32":
      return new Float32Array(bytes.buffer);
    case "int32":
      return new Int32Array(bytes.buffer);
    case "bool":
      return bytes;
    case "uint8":
      return Int32Array.from(bytes);
    case "int64":
      return Int32Array.from(new BigInt64Array(bytes.buffer), (value) => {
        if (value !== BigInt.asIntN(32, value))
          throw new ParityError(
            "INPUTS_INVALID",
            `${feed.tensor}: the value ${value} does not fit into the 32 bits that this runtime passes on.`,
          );
        return Number(value);
      });
    default:
      throw new ParityError(
        "INPUTS_INVALID",
        `${feed.tensor}: the values are ${tensor.dtype}, which cannot be fed as ${feed.dtype}.`,
      );
  }
}

function readOut(fetch: WorkerFetch, tensor: Tensor | undefined): Fetched {
  if (tensor === undefined) throw new ParityError("REFERENCE_FAILED", `TensorFlow gave nothing for ${fetch.read}.`);
  const data = tensor.dataSync();
  if (typeof data === "string" || Array.isArray(data))
    throw new ParityError("FORMAT_UNSUPPORTED", `${fetch.read} holds text, not numbers.`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { fetch, shape: fetch.bitcast ? tensor.shape.slice(0, -1) : tensor.shape, bytes };
}
