import { readFileSync, statSync } from "node:fs";
import { formatError, ParityError } from "../errors.js";
import { encodeJsonMessage } from "../formats/tf-proto/encode-json.js";
import { decodeGraphDef } from "../formats/tf-proto/graph-def.js";
import { makeTensorProto } from "../formats/tf-proto/tensor-proto.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { readTfjsWeights, type TfjsWeight } from "../formats/tfjs-weights.js";
import { openFrozenGraph } from "./frozen-graph.js";
import { indexGraph } from "./graph.js";
import type { GraphModel } from "./graph-model.js";
import { sourceOf } from "./output-source.js";

/** The topology alone; the weights are in other files. */
const MAX_JSON_BYTES = 256 * 2 ** 20;

interface ModelJson {
  readonly format?: unknown;
  readonly modelTopology?: unknown;
  readonly weightsManifest?: unknown;
  readonly signature?: { readonly outputs?: Readonly<Record<string, { readonly name?: unknown }>> };
  readonly userDefinedMetadata?: { readonly signature?: ModelJson["signature"] };
}

/**
 * Reads a graph model of TensorFlow.js (`model.json` and its shards) as the frozen graph that it was made from. Throws
 * FORMAT_UNSUPPORTED for a layers model, which holds layers of Keras and no graph, FORMAT_INVALID for a damaged one.
 */
export function openTfjsModel(file: string): GraphModel {
  const json = readJson(file);
  const topology = json.modelTopology;
  const isGraph = typeof topology === "object" && topology !== null && "node" in topology;
  if (!isGraph) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `${file} is a layers model of TensorFlow.js: it holds layers, and no graph.`,
      {
        where: { file, key: "modelTopology" },
        hint: "Give the Keras model that it was made from, or convert that to a graph model (--output_format=tfjs_graph_model).",
      },
    );
  }
  const graph = decodeGraphDef(encodeJsonMessage(topology, "GraphDef", file), { file });
  const weights = readTfjsWeights(file, json.weightsManifest);
  const nodes = graph.node.map((node) => withWeight(node, weights.get(node.name)));
  const whole = indexGraph(nodes, file);
  const signature = json.signature ?? json.userDefinedMetadata?.signature;
  const named = Object.entries(signature?.outputs ?? {}).flatMap(([key, info]) => {
    const name = typeof info.name === "string" && info.name !== "" ? info.name : null;
    const isThere = name !== null && whole.nodes.has(name.replace(/:\d+$/, ""));
    return isThere ? [[sourceOf(whole, name), [key, name]] as const] : [];
  });
  const model = openFrozenGraph({ ...graph, node: nodes }, file);
  return {
    ...model,
    outputs: named.length > 0 ? named.map(([tensor]) => tensor) : null,
    outputNames: new Map(named),
  };
}

function readJson(file: string): ModelJson {
  const { size } = statSync(file);
  if (size > MAX_JSON_BYTES) throw formatError(`${file} has ${size} bytes; up to ${MAX_JSON_BYTES} are read`, { file });
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ModelJson;
  } catch (cause) {
    throw new ParityError("FORMAT_INVALID", `${file} is not valid JSON: ${String(cause)}`, {
      where: { file },
      hint: "Copy the model again.",
      cause,
    });
  }
}

/** A constant's numbers lie in the shards; the topology says only that it is one. */
function withWeight(node: NodeDef, weight: TfjsWeight | undefined): NodeDef {
  if (node.op !== "Const" || weight === undefined) return node;
  const tensor = makeTensorProto(weight.dtype, weight.shape, weight.bytes);
  return { ...node, attr: new Map(node.attr).set("dtype", { type: tensor.dataType }).set("value", { tensor }) };
}
