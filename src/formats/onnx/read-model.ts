import { formatError } from "../../errors.js";
import { type ByteSource, readBytes } from "../byte-source.js";
import { MAX_TENSORS } from "../limits.js";
import { ProtoReader } from "../tf-proto/proto-reader.js";
import { MAX_FIELD_BYTES, MAX_NODES } from "./limits.js";
import { readNode } from "./read-node.js";
import { readTensorProto } from "./read-tensor-proto.js";
import { readValueInfo } from "./read-value-info.js";
import { type ScannedField, scanFields } from "./scan-fields.js";
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "./types.js";

const HINT = "The file is cut off, damaged or no ONNX model: fetch or export it again.";

/**
 * Reads an ONNX model's graph. The numbers of its weights stay in the file, so that a model of gigabytes is understood by
 * reading some kilobytes of it. Throws FORMAT_INVALID naming the offset of what is damaged.
 */
export function readOnnxModel(source: ByteSource): OnnxModel {
  const { file } = source;
  const unknown: Uint8Array[] = [];
  const opsets = new Map<string, number>();
  const functions: string[] = [];
  let [irVersion, producer] = [0, ""];
  let graph: OnnxGraph | null = null;
  for (const field of scanFields(source, 0, source.size, "ModelProto")) {
    if (field.field === 7) {
      if (graph !== null) throw formatError(`${file} holds two graphs`, { file, offset: field.start }, HINT);
      graph = readGraph(source, field);
      continue;
    }
    const raw = readWhole(source, field, "ModelProto");
    unknown.push(raw);
    const reader = new ProtoReader(raw, { file, offset: field.start, hint: HINT });
    reader.parse(() => {
      const number = reader.next();
      if (number === 1) irVersion = reader.safeInt64();
      else if (number === 2) producer = reader.string();
      else if (number === 8) readOpset(reader, opsets);
      else if (number === 25) functions.push(readFunctionName(reader));
    });
  }
  if (graph === null) throw formatError(`${file} is no ONNX model: it holds no graph`, { file, offset: 0 }, HINT);
  return { file, irVersion, producer, opsets, graph, functions, unknown };
}

function readGraph(source: ByteSource, { valueStart, end }: ScannedField): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const valueInfo: OnnxValueInfo[] = [];
  const unknown: Uint8Array[] = [];
  const { file } = source;
  for (const one of scanFields(source, valueStart, end, "GraphProto")) {
    const where = { file, offset: one.start };
    if (one.field === 5) {
      initializers.push(readTensorProto(source, one.valueStart, one.end));
      if (initializers.length > MAX_TENSORS) throw formatError(`more than ${MAX_TENSORS} initializers`, where);
      continue;
    }
    const raw = readWhole(source, one, "GraphProto");
    const value = raw.subarray(one.valueStart - one.start);
    if (one.field === 1) nodes.push(readNode(value, file, one.valueStart));
    else if (one.field === 11) inputs.push(readValueInfo(value, file, one.valueStart));
    else if (one.field === 12) outputs.push(readValueInfo(value, file, one.valueStart));
    else if (one.field === 13) valueInfo.push(readValueInfo(value, file, one.valueStart));
    else unknown.push(raw);
    if (nodes.length > MAX_NODES) throw formatError(`more than ${MAX_NODES} nodes`, where);
  }
  return { nodes, initializers, inputs, outputs, valueInfo, unknown };
}

function readWhole(source: ByteSource, { field, start, end }: ScannedField, message: string): Uint8Array {
  if (end - start > MAX_FIELD_BYTES) {
    throw formatError(
      `${source.file} at byte ${start}: ${message}: field ${field} takes ${end - start} bytes; ${MAX_FIELD_BYTES} are accepted`,
      { file: source.file, offset: start },
    );
  }
  return readBytes(source, start, end - start);
}

function readOpset(reader: ProtoReader, into: Map<string, number>): void {
  let [domain, version] = ["", 0];
  reader.nested(
    "OperatorSetIdProto",
    (field) => {
      if (field === 1) domain = reader.string();
      else if (field === 2) version = reader.safeInt64();
      else return false;
      return true;
    },
    [],
  );
  into.set(domain === "ai.onnx" ? "" : domain, version);
}

function readFunctionName(reader: ProtoReader): string {
  let name = "";
  reader.nested(
    "FunctionProto",
    (field) => {
      if (field === 1) name = reader.string();
      else reader.skip();
      return true;
    },
    [],
  );
  return name;
}
