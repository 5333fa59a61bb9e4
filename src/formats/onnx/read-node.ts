import { ProtoReader } from "../tf-proto/proto-reader.js";
import { MAX_GRAPH_DEPTH } from "./limits.js";
import { parseTensorProto, readEntry } from "./read-tensor-proto.js";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./types.js";

const HINT = "The file is cut off, damaged or no ONNX model: fetch or export it again.";

/** Reads a `NodeProto`; `offset` is where its bytes begin in the file. Throws FORMAT_INVALID. */
export function readNode(bytes: Uint8Array, file: string, offset: number): OnnxNode {
  const reader = new ProtoReader(bytes, { file, offset, hint: HINT });
  let [name, opType, domain] = ["", "", ""];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  const metadata = new Map<string, string>();
  const unknown: Uint8Array[] = [];
  reader.parse(() => {
    reader.root(
      "NodeProto",
      (field) => {
        if (field === 1) inputs.push(reader.string());
        else if (field === 2) outputs.push(reader.string());
        else if (field === 3) name = reader.string();
        else if (field === 4) opType = reader.string();
        else if (field === 7) domain = reader.string();
        else if (field === 5) {
          const raw = reader.rawBytes();
          const attribute = readAttribute(raw, file, reader.sourceOf(raw).offset ?? offset);
          attributes.set(attribute.name, attribute);
        } else if (field === 9) readEntry(reader, metadata);
        else return false;
        return true;
      },
      unknown,
    );
    if (opType === "") throw reader.fail(`the node "${name}" does not say what it computes`);
  });
  // ONNX's own operators may be given by either name.
  return { name, opType, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes, metadata, unknown };
}

function readAttribute(raw: Uint8Array, file: string, offset: number): OnnxAttribute {
  const reader = new ProtoReader(raw, { file, offset, hint: HINT });
  const ints: (number | bigint)[] = [];
  const floats: number[] = [];
  const reads: string[] = [];
  let hasGraph = false;
  let name = "";
  let int: number | bigint | undefined;
  let float: number | undefined;
  let string: Uint8Array | undefined;
  let tensor: OnnxTensor | undefined;
  reader.parse(() =>
    reader.root(
      "AttributeProto",
      (field) => {
        if (field === 1) name = reader.string();
        else if (field === 2) float = reader.float();
        else if (field === 3) int = reader.int64();
        else if (field === 4) string = reader.rawBytes();
        else if (field === 5) {
          const bytes = reader.rawBytes();
          tensor = parseTensorProto(bytes, file, reader.sourceOf(bytes).offset ?? offset);
        } else if (field === 6 || field === 11) {
          hasGraph = true;
          collectReads(reader, reads, 1);
        } else if (field === 7) reader.floats(floats);
        else if (field === 8) reader.int64s(ints);
        else reader.skip();
        return true;
      },
      [],
    ),
  );
  return {
    name,
    raw,
    ...(int === undefined ? {} : { int }),
    ...(float === undefined ? {} : { float }),
    ...(string === undefined ? {} : { string }),
    ...(tensor === undefined ? {} : { tensor }),
    ...(ints.length === 0 ? {} : { ints }),
    ...(floats.length === 0 ? {} : { floats }),
    ...(hasGraph ? { graphReads: reads } : {}),
  };
}

/** The names that the nodes of a graph inside an attribute read, and the graphs in there, and so on. */
function collectReads(reader: ProtoReader, reads: string[], depth: number): void {
  if (depth > MAX_GRAPH_DEPTH) throw reader.fail(`graphs within graphs, more than ${MAX_GRAPH_DEPTH} deep`);
  const inAttribute = (field: number): boolean => {
    if (field === 6 || field === 11) collectReads(reader, reads, depth + 1);
    else reader.skip();
    return true;
  };
  const inNode = (field: number): boolean => {
    if (field === 1) reads.push(reader.string());
    else if (field === 5) reader.nested("AttributeProto", inAttribute, []);
    else reader.skip();
    return true;
  };
  reader.nested(
    "GraphProto",
    (field) => {
      if (field === 1) reader.nested("NodeProto", inNode, []);
      // A graph may give a tensor of the graph around it.
      else if (field === 12) reads.push(readOutputName(reader));
      else reader.skip();
      return true;
    },
    [],
  );
}

function readOutputName(reader: ProtoReader): string {
  let name = "";
  reader.nested(
    "ValueInfoProto",
    (field) => {
      if (field === 1) name = reader.string();
      else reader.skip();
      return true;
    },
    [],
  );
  return name;
}
