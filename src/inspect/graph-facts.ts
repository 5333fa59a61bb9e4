import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { findCheckpoint } from "../config/find-checkpoint.js";
import { ParityError } from "../errors.js";
import { elemTypeName, elemTypeToDType } from "../formats/onnx/elem-type.js";
import { openOnnx } from "../formats/onnx/open-onnx.js";
import type { OnnxValueInfo } from "../formats/onnx/types.js";
import { dataTypeName, toDType } from "../formats/tf-proto/data-type.js";
import { readMetaGraph, readSavedModel } from "../formats/tf-proto/read-files.js";
import { readGraphFile } from "../formats/tf-proto/read-graph-file.js";
import type { MetaGraphDef, NodeDef } from "../formats/tf-proto/types.js";
import type { TensorFile } from "../formats/types.js";
import { shapeOf } from "../tensorflow/attr.js";
import { storedModel } from "../tensorflow/checkpoint-model.js";
import { openFrozenGraph } from "../tensorflow/frozen-graph.js";
import { parseTensorName } from "../tensorflow/graph.js";
import type { GraphModel } from "../tensorflow/graph-model.js";
import { outputDataType } from "../tensorflow/output-dtype.js";
import { openSavedModel } from "../tensorflow/saved-model.js";
import { openTfjsModel } from "../tensorflow/tfjs-model.js";
import { understandOriginal } from "../tensorflow/understand-original.js";
import { findTfjsModel, isGraphFile } from "./open-inspected.js";
import type { GraphEnd, GraphFacts, GraphSignature } from "./types.js";

/** Looks for one kind of graph at a path; null where there is none of it. Throws ParityError where it is damaged. */
export type GraphReader = (path: string, weights: TensorFile | null) => GraphFacts | null;

/** The kinds of graphs that are known, the first that is there counts. A new format is one function in this list. */
const READERS: readonly GraphReader[] = [readSavedModelFacts, readFrozenFacts, readOnnxFacts, readMetaFacts];

/** What the graph beside or inside a model's weights says; null where there is none. */
export function readGraphFacts(path: string, weights: TensorFile | null): GraphFacts | null {
  for (const read of READERS) {
    const facts = read(path, weights);
    if (facts !== null) return facts;
  }
  return null;
}

function readMetaFacts(path: string, weights: TensorFile | null): GraphFacts | null {
  let found: ReturnType<typeof findCheckpoint>;
  try {
    found = findCheckpoint(path);
  } catch (error) {
    // Weights alone can be looked at, too.
    if (error instanceof ParityError) return null;
    throw error;
  }
  if (found === null) return null;
  const metaGraph = readMetaGraph(found.metaPath);
  return factsOf(
    metaGraph,
    found.metaPath,
    weights === null ? null : () => storedModel(metaGraph, found.metaPath, weights),
  );
}

function readFrozenFacts(path: string): GraphFacts | null {
  const web = findTfjsModel(path);
  if (web === null && !isGraphFile(path)) return null;
  const model = web === null ? openFrozenGraph(readGraphFile(path), path) : openTfjsModel(web);
  return factsOf(model.metaGraph, web ?? path, () => model);
}

function readOnnxFacts(path: string, weights: TensorFile | null): GraphFacts | null {
  if (weights?.format !== "onnx") return null;
  const file = openOnnx(path);
  try {
    const { graph, producer, opsets } = file.model;
    const stored = new Set(graph.initializers.map((one) => one.name));
    const ends = (all: readonly OnnxValueInfo[]): GraphEnd[] =>
      all.map(({ name, elemType, dims }) => ({
        name,
        dtype: elemTypeToDType(elemType) ?? elemTypeName(elemType),
        shape: dims === null ? null : dims.map((size) => (size < 0 ? null : size)),
      }));
    const inputs = ends(graph.inputs.filter((one) => !stored.has(one.name)));
    return {
      file: path,
      writtenBy: producer === "" ? null : `${producer}, opset ${opsets.get("") ?? "unknown"}`,
      signatures: [{ name: "", inputs, outputs: ends(graph.outputs) }],
      ops: countOps(graph.nodes.map((node) => ({ op: node.opType }))),
      opsOf: "whole graph",
      total: graph.nodes.length,
      note: null,
    };
  } finally {
    file.close();
  }
}

function readSavedModelFacts(path: string): GraphFacts | null {
  if (!existsSync(path) || !statSync(path).isDirectory()) return null;
  const file = join(path, "saved_model.pb");
  if (!existsSync(file)) return null;
  const [metaGraph] = readSavedModel(path).metaGraphs;
  const open = (): GraphModel => openSavedModel(path, { signature: null, outputs: null });
  return metaGraph === undefined ? null : factsOf(metaGraph, file, open);
}

/** Facts of a graph; its forward pass is looked for where the weights are at hand. */
function factsOf(metaGraph: MetaGraphDef, file: string, open: (() => GraphModel) | null): GraphFacts {
  const nodes = metaGraph.graphDef?.node ?? [];
  const declared = [...metaGraph.signatureDef]
    .filter(([name]) => !name.startsWith("__"))
    .map(([name, { inputs, outputs }]): GraphSignature => {
      const ends = (tensors: typeof inputs): GraphEnd[] =>
        [...tensors].map(([end, info]) => ({
          name: end,
          dtype: typeName(info.dtype),
          shape: shapeOf(info.shape),
        }));
      return { name, inputs: ends(inputs), outputs: ends(outputs) };
    });
  const head = {
    file,
    writtenBy: metaGraph.metaInfoDef?.tensorflowVersion
      ? `TensorFlow ${metaGraph.metaInfoDef.tensorflowVersion}`
      : null,
    total: nodes.length,
  };
  const whole = (note: string | null): GraphFacts => ({
    ...head,
    signatures: declared,
    ops: countOps(nodes),
    opsOf: "whole graph",
    note,
  });
  if (open === null) return whole(null);
  let model: GraphModel | null = null;
  try {
    model = open();
    const byName = new Map(model.metaGraph.graphDef?.node.map((node) => [node.name, node]));
    const original = understandOriginal(model, null);
    const inputs = original.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    const outputs = original.pass.outputs.map((ref) => describeEnd(byName, `${ref.node}:${ref.slot}`));
    const flow = [...original.pass.flow].flatMap((name) => byName.get(name) ?? []);
    const found: GraphSignature = { name: "", inputs, outputs };
    return {
      ...head,
      signatures: declared.length > 0 ? declared : [found],
      ops: countOps(flow),
      opsOf: "forward pass",
      note: null,
    };
  } catch (error) {
    if (!(error instanceof ParityError)) throw error;
    return whole(`no forward pass was found: ${error.message}`);
  } finally {
    // The weights beside a `.meta` are the caller's.
    if (model?.restore.keys.size) model.variables.close();
  }
}

function typeName(dataType: number): string {
  return toDType(dataType) ?? dataTypeName(dataType);
}

/** A Saver writes the shapes that TensorFlow inferred into the attribute `_output_shapes`. */
function describeEnd(nodes: ReadonlyMap<string, NodeDef>, tensor: string): GraphEnd {
  const { node: name, slot } = parseTensorName(tensor);
  const node = nodes.get(name);
  const shapes = node?.attr.get("_output_shapes");
  const shape = shapes !== undefined && "list" in shapes ? shapeOf(shapes.list.shape[slot]) : null;
  const dataType = node === undefined ? undefined : outputDataType(node, slot);
  return { name: slot === 0 ? name : tensor, dtype: dataType === undefined ? "unknown" : typeName(dataType), shape };
}

function countOps(nodes: readonly { readonly op: string }[]): GraphFacts["ops"] {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => ({ op, count })).sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}
