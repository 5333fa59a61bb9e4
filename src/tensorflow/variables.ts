import type { NodeDef } from "../formats/tf-proto/types.js";
import { textAttr, typeAttr } from "./attr.js";
import { readStringTensor } from "./constant.js";
import { ancestorsOf, type Graph, parseTensorName, type TensorRef } from "./graph.js";
import { VARIABLE_OPS } from "./op-kinds.js";

/** A variable op of the graph and the checkpoint tensor that its Saver restores into it. */
export interface GraphVariable {
  /** Name of the op. */
  readonly node: string;
  readonly isResource: boolean;
  /** DataType number of its values. */
  readonly dataType: number;
  /** Key in the checkpoint. */
  readonly key: string;
  /** The Saver's slice specification for a part of a partitioned variable, "" for a whole one. */
  readonly slice: string;
}

const RESTORE_OPS: ReadonlySet<string> = new Set(["RestoreV2", "Restore", "RestoreSlice"]);

/**
 * The variables among `needed` ops. Keys come from the Saver that wrote the checkpoint, whose restoring op the `.meta`
 * names (it may restore, say, a moving average into a weight); for what it does not restore from another Saver of the
 * graph; a variable that no Saver restores has its own name as key.
 */
export function findVariables(graph: Graph, needed: ReadonlySet<string>, restoreOp?: string): GraphVariable[] {
  const restored = readSavers(graph, restoreOp);
  const variables: GraphVariable[] = [];
  for (const node of graph.nodes.values()) {
    if (!VARIABLE_OPS.has(node.op) || !needed.has(node.name)) continue;
    const from = restored.get(node.name);
    const own = textAttr(node, "shared_name") || node.name;
    variables.push({
      node: node.name,
      isResource: node.op === "VarHandleOp",
      dataType: typeAttr(node, "dtype") ?? 1,
      key: from?.key ?? own,
      slice: from?.slice ?? "",
    });
  }
  return variables;
}

/** The checkpoint's key of every variable that the ops of a graph restore, by the variable's op. */
export function restoredKeys(graph: Graph): Map<string, string> {
  return new Map([...readSavers(graph, undefined)].map(([node, { key }]) => [node, key]));
}

/**
 * Variables of which another one is initialised, with that other one. Saving a Keras 3 model by TensorFlow's own function
 * makes such copies and stores those.
 */
export function copiedVariables(graph: Graph): Map<string, string> {
  const copies = new Map<string, string>();
  for (const node of graph.nodes.values()) {
    if (node.op !== "AssignVariableOp") continue;
    const [target, value] = graph.inputs.get(node.name) ?? [];
    if (target === undefined || value === undefined) continue;
    const read = skipIdentities(graph, value).node;
    const [source] = graph.nodes.get(read)?.op === "ReadVariableOp" ? (graph.inputs.get(read) ?? []) : [];
    if (source !== undefined && source.node !== target.node) copies.set(source.node, target.node);
  }
  return copies;
}

/** What each variable op is assigned by restore ops: `Assign(variable, Identity*(RestoreV2:i))`. */
function readSavers(graph: Graph, restoreOp: string | undefined): Map<string, { key: string; slice: string }> {
  const restored = new Map<string, { key: string; slice: string }>();
  // A graph may hold other savers, and initializers that read another checkpoint (init_from_checkpoint).
  const own = restoreOp === undefined ? new Set<string>() : ancestorsOf(graph, [parseTensorName(restoreOp).node]);
  const nodes = [...graph.nodes.values()];
  const ownFirst = [...nodes.filter((node) => own.has(node.name)), ...nodes.filter((node) => !own.has(node.name))];
  for (const node of ownFirst) {
    if (node.op !== "Assign" && node.op !== "AssignVariableOp") continue;
    const [target, value] = graph.inputs.get(node.name) ?? [];
    if (target === undefined || value === undefined || restored.has(target.node)) continue;
    const source = skipIdentities(graph, value);
    const restore = graph.nodes.get(source.node);
    if (restore === undefined || !RESTORE_OPS.has(restore.op)) continue;
    const key = constantInput(graph, restore, 1)?.[source.slot];
    if (key === undefined) continue;
    restored.set(target.node, { key, slice: constantInput(graph, restore, 2)?.[source.slot] ?? "" });
  }
  return restored;
}

function skipIdentities(graph: Graph, ref: TensorRef): TensorRef {
  let current = ref;
  while (graph.nodes.get(current.node)?.op === "Identity") {
    const input = graph.inputs.get(current.node)?.[0];
    if (input === undefined) break;
    current = input;
  }
  return current;
}

function constantInput(graph: Graph, node: NodeDef, index: number): readonly string[] | null {
  const input = graph.inputs.get(node.name)?.[index];
  const constant = input === undefined ? undefined : graph.nodes.get(input.node);
  return constant === undefined ? null : readStringTensor(constant);
}
