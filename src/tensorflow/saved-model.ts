import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { pickTensors } from "../formats/picked-tensors.js";
import { openCheckpoint } from "../formats/tf-checkpoint.js";
import { openConstants } from "../formats/tf-proto/constant-tensors.js";
import { decodeOpList } from "../formats/tf-proto/op-def.js";
import { readSavedModel } from "../formats/tf-proto/read-files.js";
import type { GraphDef, MetaGraphDef, NodeDef, SignatureDef } from "../formats/tf-proto/types.js";
import { textAttr } from "./attr.js";
import { chooseSignature, tagsOf } from "./choose-signature.js";
import { thawConstants } from "./constants-as-variables.js";
import { ancestorsOf, type Graph, indexGraph, parseTensorName } from "./graph.js";
import type { GraphModel } from "./graph-model.js";
import { type InlinedGraph, inlineFunctions } from "./inline-functions.js";
import { nameVariables } from "./name-variables.js";
import { VARIABLE_OPS } from "./op-kinds.js";
import { sourceOf } from "./output-source.js";
import { copiedVariables, restoredKeys } from "./variables.js";

/** What of a SavedModel is wanted. */
export interface SavedModelChoice {
  /** The signature's name; null for `serving_default`, or the only one. */
  readonly signature: string | null;
  /** Tensors that are wanted as outputs instead of the signature's. */
  readonly outputs: readonly string[] | null;
}

/**
 * Reads a SavedModel of TensorFlow 1 or 2: one signature of it, its functions written out, its variables under their own
 * names. Nothing is run. Throws FORMAT_INVALID, FORMAT_UNSUPPORTED or USAGE (no such signature).
 */
export function openSavedModel(directory: string, choice: SavedModelChoice): GraphModel {
  const file = join(directory, "saved_model.pb");
  const metaGraph = chooseMetaGraph(readSavedModel(directory).metaGraphs, file);
  const graphDef = metaGraph.graphDef as GraphDef;
  const ops = decodeOpList(metaGraph.metaInfoDef?.strippedOpList ?? new Uint8Array(0), { file });
  const [name, signature] = chooseSignature(metaGraph, choice, file);
  const called = indexGraph(graphDef.node, file);
  /** The ops that these tensors need, with their functions written out. Other signatures have ops of the same names. */
  const flatten = (tensors: readonly string[]): InlinedGraph & { readonly graph: Graph } => {
    const roots = tensors.map((tensor) => parseTensorName(tensor).node).filter((node) => called.nodes.has(node));
    const needed = ancestorsOf(called, roots);
    const kept = tensors.length === 0 ? graphDef.node : graphDef.node.filter((node) => needed.has(node.name));
    const flat = inlineFunctions(kept, graphDef.library, ops, file);
    return { ...flat, graph: indexGraph(flat.nodes, file) };
  };
  const flat = flatten([...signature.outputs.values()].map((output) => output.name));
  const renamed = inputNames(name, signature, flat.graph);
  const wanted = choice.outputs ?? [...signature.outputs.values()].map((output) => flat.tensorOf(output.name));
  const sources = wanted.map((tensor) => sourceOf(flat.graph, tensor));
  const needed = ancestorsOf(
    flat.graph,
    sources.map((tensor) => parseTensorName(tensor).node).filter((node) => flat.graph.nodes.has(node)),
  );
  const kept = flat.nodes.filter((node) => needed.has(node.name)).map((node) => renameInputs(node, renamed));
  const restoreOp = metaGraph.saverDef?.restoreOpName ?? "";
  const saver = restoreOp === "" ? null : flatten([restoreOp]).graph;
  const parts = readVariables(directory, file, flat.graph, needed, saver, copiedVariables(called));
  const { nodes, restore, variables } =
    parts.keyOf.size > 0 ? withCheckpoint(file, parts, kept) : withConstants(file, kept);
  const flatOutputs = [...signature.outputs].map(
    ([key, info]) => [key, { ...info, name: sourceOf(flat.graph, flat.tensorOf(info.name)) }] as const,
  );
  return {
    metaGraph: {
      ...metaGraph,
      graphDef: { ...graphDef, node: nodes },
      saverDef: undefined,
      collectionDef: new Map(),
      signatureDef: new Map([
        ["serving_default", { ...signature, inputs: renameKeys(signature, renamed), outputs: new Map(flatOutputs) }],
      ]),
      // The object graph speaks of functions that are written out now.
      unknown: [],
    },
    file,
    variables,
    restore,
    outputs: choice.outputs ?? sources,
    outputNames: new Map(
      flatOutputs.map(([key, info]) => [info.name, [key, signature.outputs.get(key)?.name ?? key]] as const),
    ),
  };
}

function chooseMetaGraph(metaGraphs: readonly MetaGraphDef[], file: string): MetaGraphDef {
  const withGraph = metaGraphs.filter((one) => one.graphDef !== undefined);
  const found = withGraph.find((one) => tagsOf(one).includes("serve")) ?? withGraph[0];
  if (found !== undefined) return found;
  throw new ParityError("FORMAT_INVALID", `${file} holds no graph.`, {
    where: { file },
    hint: "Save the model again: tf.saved_model.save(model, directory).",
  });
}

/** `serving_default_x`, as TensorFlow 2 calls a placeholder, is `x` to everybody else. */
function inputNames(signatureName: string, signature: SignatureDef, graph: Graph): Map<string, string> {
  const renamed = new Map<string, string>();
  for (const [key, info] of signature.inputs) {
    const { node } = parseTensorName(info.name);
    if (node === `${signatureName}_${key}` && !graph.nodes.has(key)) renamed.set(node, key);
  }
  return renamed;
}

function renameInputs(node: NodeDef, renamed: ReadonlyMap<string, string>): NodeDef {
  const name = renamed.get(node.name) ?? node.name;
  const input = node.input.map((text) => {
    const { node: from, slot, control } = parseTensorName(text);
    const to = renamed.get(from);
    if (to === undefined) return text;
    return control ? `^${to}` : slot === 0 ? to : `${to}:${slot}`;
  });
  return { ...node, name, input };
}

function renameKeys(signature: SignatureDef, renamed: ReadonlyMap<string, string>): SignatureDef["inputs"] {
  return new Map(
    [...signature.inputs].map(([key, info]) => {
      const { node, slot } = parseTensorName(info.name);
      return [key, { ...info, name: `${renamed.get(node) ?? node}:${slot}` }] as const;
    }),
  );
}

interface StoredVariables {
  readonly prefix: string;
  /** The variable's key of its own by the checkpoint's. */
  readonly keyOf: ReadonlyMap<string, string>;
  /** The key of its own by op. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Which tensor of `variables/` each needed variable is restored from, by the ops that restore it (`saver`). */
function readVariables(
  directory: string,
  file: string,
  graph: Graph,
  needed: ReadonlySet<string>,
  saver: Graph | null,
  initialisers: ReadonlyMap<string, string>,
): StoredVariables {
  const prefix = join(directory, "variables", "variables");
  const found = [...graph.nodes.values()].filter((node) => needed.has(node.name) && VARIABLE_OPS.has(node.op));
  if (found.length > 0 && !existsSync(`${prefix}.index`)) {
    throw new ParityError(
      "FILE_NOT_FOUND",
      `${directory} has variables in its graph and no variables/variables.index.`,
      { where: { file }, hint: "Copy the whole folder of the SavedModel, with variables/ in it." },
    );
  }
  const stored = saver === null ? new Map<string, string>() : restoredKeys(saver);
  for (const [original, copy] of initialisers) {
    const key = stored.get(copy);
    if (key !== undefined && !stored.has(original)) stored.set(original, key);
  }
  const names = nameVariables(found, stored);
  const pairs = found.map((node) => {
    const own = textAttr(node, "shared_name") || node.name;
    return { node: node.name, stored: stored.get(node.name) ?? own, key: names.get(node.name) ?? own };
  });
  return {
    prefix,
    keyOf: new Map(pairs.map((one) => [one.stored, one.key])),
    keys: new Map(pairs.map((one) => [one.node, one.key])),
  };
}

function withCheckpoint(
  file: string,
  { prefix, keyOf, keys }: StoredVariables,
  nodes: readonly NodeDef[],
): Pick<GraphModel, "variables" | "restore"> & { nodes: readonly NodeDef[] } {
  const { nodes: thawed, values, constants } = thawConstants(nodes, "kernels");
  const named = thawed.map((node) => {
    const key = keys.get(node.name);
    if (key === undefined || !VARIABLE_OPS.has(node.op)) return node;
    return { ...node, attr: new Map(node.attr).set("shared_name", { s: new TextEncoder().encode(key) }) };
  });
  const restored = new Map([...keyOf].map(([stored, key]) => [key, stored]));
  const stored = pickTensors(openCheckpoint(prefix), keyOf);
  const { tensors: fixed } = openConstants(file, values);
  return {
    nodes: named,
    variables: { ...stored, tensors: new Map([...fixed, ...stored.tensors]) },
    restore: { prefix, keys: restored, constants },
  };
}

function withConstants(
  file: string,
  nodes: readonly NodeDef[],
): Pick<GraphModel, "variables" | "restore"> & { nodes: readonly NodeDef[] } {
  const { nodes: thawed, values, constants } = thawConstants(nodes);
  return {
    nodes: thawed,
    variables: openConstants(file, values),
    restore: { prefix: null, keys: new Map(), constants },
  };
}
