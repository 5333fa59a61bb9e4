import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { findCheckpoint } from "../config/find-checkpoint.js";
import { ParityError } from "../errors.js";
import { dataTypeName, toDType } from "../formats/tf-proto/data-type.js";
import { readMetaGraph, readSavedModel } from "../formats/tf-proto/read-files.js";
import type { MetaGraphDef, NodeDef } from "../formats/tf-proto/types.js";
import type { TensorFile } from "../formats/types.js";
import { shapeOf } from "../tensorflow/attr.js";
import { parseTensorName } from "../tensorflow/graph.js";
import { outputDataType } from "../tensorflow/output-dtype.js";
import { understandOriginal } from "../tensorflow/understand-original.js";
import type { GraphEnd, GraphFacts, GraphSignature } from "./types.js";

/** Looks for one kind of graph at a path; null where there is none of it. Throws ParityError where it is damaged. */
export type GraphReader = (path: string, weights: TensorFile | null) => GraphFacts | null;

/** The kinds of graphs that are known, the first that is there counts. A new format is one function in this list. */
const READERS: readonly GraphReader[] = [readSavedModelFacts, readMetaFacts];

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
  return factsOf(readMetaGraph(found.metaPath), found.metaPath, weights);
}

function readSavedModelFacts(path: string): GraphFacts | null {
  if (!existsSync(path) || !statSync(path).isDirectory()) return null;
  const file = join(path, "saved_model.pb");
  if (!existsSync(file)) return null;
  const [metaGraph] = readSavedModel(path).metaGraphs;
  return metaGraph === undefined ? null : factsOf(metaGraph, file, null);
}

/** Facts of a graph; its forward pass is looked for where the weights are at hand. */
function factsOf(metaGraph: MetaGraphDef, file: string, weights: TensorFile | null): GraphFacts {
  const nodes = metaGraph.graphDef?.node ?? [];
  const byName = new Map(nodes.map((node) => [node.name, node]));
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
  if (weights === null) {
    const functions = metaGraph.graphDef?.library?.functions.length ?? 0;
    return whole(functions === 0 ? null : `${functions} functions of the graph are not looked into`);
  }
  try {
    const original = understandOriginal(metaGraph, file, weights, null);
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

function countOps(nodes: readonly NodeDef[]): GraphFacts["ops"] {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => ({ op, count })).sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}
