import { createRequire } from "node:module";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { type ErrorCode, ParityError } from "../errors.js";
import type { DType } from "../formats/types.js";
import type { Value } from "./onnx-values.js";

type Ort = typeof import("onnxruntime-node");

/** A model that onnxruntime has loaded. */
export interface OnnxSession {
  run(feeds: ReadonlyMap<string, Value>, fetches: readonly string[]): Promise<ReadonlyMap<string, Value>>;
  close(): Promise<void>;
}

export interface SessionSettings {
  /** 0 leaves it to onnxruntime. */
  readonly threads: number;
  /** `disabled`: every operator as the graph has it, and none fused with another. */
  readonly optimisations: "disabled" | "all";
  /** Folder of external files, where the model is given as bytes. */
  readonly folder?: string;
}

/** Loads onnxruntime into this process. Throws RUNTIME_MISSING. */
export function loadOnnxruntime(): Ort {
  try {
    return createRequire(import.meta.url)("onnxruntime-node") as Ort;
  } catch (error) {
    throw new ParityError("RUNTIME_MISSING", "onnxruntime-node cannot be loaded, which runs ONNX models.", {
      hint: "npm install, in parity's folder.",
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

/**
 * Loads a model. Throws CANDIDATE_FAILED with onnxruntime's own words; `run` throws CANDIDATE_RAISED, as code does that is given
 * inputs in an order of axes that it does not take.
 */
export async function openOnnxSession(
  ort: Ort,
  model: string | Uint8Array,
  settings: SessionSettings,
): Promise<OnnxSession> {
  const { threads, optimisations, folder } = settings;
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: optimisations,
    executionProviders: ["cpu"],
    // Errors are thrown as well; below them are notes that nobody asked for.
    logSeverityLevel: 3,
    ...(threads > 0 ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {}),
    ...(folder === undefined ? {} : { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
  };
  const session = await attempt("CANDIDATE_FAILED", "onnxruntime cannot load the model", () =>
    typeof model === "string"
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options),
  );
  return {
    async run(feeds, fetches) {
      const given = Object.fromEntries([...feeds].map(([name, value]) => [name, toOrt(ort, value)]));
      const gave = await attempt("CANDIDATE_RAISED", "onnxruntime cannot run the model", () =>
        session.run(given, [...fetches]),
      );
      return new Map(
        fetches.flatMap((name) => {
          const tensor = gave[name];
          return tensor === undefined ? [] : [[name, fromOrt(name, tensor as Tensor)] as const];
        }),
      );
    },
    close: () => session.release(),
  };
}

async function attempt<T>(code: ErrorCode, what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError(code, `${what}: ${inOneLine(reason)}`, {
      cause,
      detail: reason,
      hint: hintFor(reason),
    });
  }
}

function inOneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(" ")
    .slice(0, 400);
}

function hintFor(reason: string): string {
  if (/NOT_IMPLEMENTED|not a registered function|No Op registered/i.test(reason))
    return "The graph has an operator that this onnxruntime has not: export it with ONNX's own operators.";
  if (/Got invalid dimensions|INVALID_ARGUMENT/.test(reason))
    return "The graph was exported for other sizes: export it with dynamic axes, or give inputs of its sizes with --input NAME=SPEC.";
  return "If the model runs in onnxruntime itself, please report this with the message above.";
}

/** Node has arrays of float16 from version 24 on; before, onnxruntime takes their bits. */
interface WithFloat16 {
  readonly Float16Array?: new (buffer: ArrayBufferLike, offset: number, length: number) => Uint16Array;
}

function toOrt(ort: Ort, { dtype, shape, bytes }: Value): Tensor {
  // Numbers have to be aligned to be seen as such.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const { Float16Array } = globalThis as WithFloat16;
  switch (dtype) {
    case "float32":
      return new ort.Tensor("float32", new Float32Array(buffer, byteOffset, byteLength / 4), shape);
    case "float64":
      return new ort.Tensor("float64", new Float64Array(buffer, byteOffset, byteLength / 8), shape);
    case "float16":
      return new ort.Tensor("float16", new (Float16Array ?? Uint16Array)(buffer, byteOffset, byteLength / 2), shape);
    case "int64":
      return new ort.Tensor("int64", new BigInt64Array(buffer, byteOffset, byteLength / 8), shape);
    case "uint64":
      return new ort.Tensor("uint64", new BigUint64Array(buffer, byteOffset, byteLength / 8), shape);
    case "int32":
      return new ort.Tensor("int32", new Int32Array(buffer, byteOffset, byteLength / 4), shape);
    case "uint32":
      return new ort.Tensor("uint32", new Uint32Array(buffer, byteOffset, byteLength / 4), shape);
    case "int16":
      return new ort.Tensor("int16", new Int16Array(buffer, byteOffset, byteLength / 2), shape);
    case "uint16":
      return new ort.Tensor("uint16", new Uint16Array(buffer, byteOffset, byteLength / 2), shape);
    case "int8":
      return new ort.Tensor("int8", new Int8Array(buffer, byteOffset, byteLength), shape);
    case "uint8":
      return new ort.Tensor("uint8", new Uint8Array(buffer, byteOffset, byteLength), shape);
    case "bool":
      return new ort.Tensor("bool", new Uint8Array(buffer, byteOffset, byteLength), shape);
    default:
      throw new ParityError("INPUTS_INVALID", `onnxruntime cannot be fed tensors of type ${dtype}`);
  }
}

function fromOrt(name: string, tensor: Tensor): Value {
  const { data, dims, type } = tensor;
  if (!ArrayBuffer.isView(data) || type === "string" || type === "uint4" || type === "int4") {
    throw new ParityError("CANDIDATE_FAILED", `${name} holds ${type}, which is not recorded`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dtype: type as DType, shape: [...dims], bytes };
}
