import { formatError } from "../errors.js";
import { MAX_OBJECT_GRAPH_NODES } from "./limits.js";
import { ProtoReader, type ProtoSource } from "./tf-proto/proto-reader.js";
import type { TensorFile } from "./types.js";

/** The tensor in which an object-based (TF2) checkpoint keeps its graph of objects. */
export const OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH";

/** An object that was saved: a model, a layer, a variable, an optimizer. Numbers are positions in `ObjectGraph.nodes`. */
export interface SavedObject {
  readonly children: readonly { readonly node: number; readonly name: string }[];
  readonly attributes: readonly SavedAttribute[];
  readonly slots: readonly { readonly variable: number; readonly slot: string; readonly node: number }[];
}

export interface SavedAttribute {
  /** `VARIABLE_VALUE` for variables. */
  readonly name: string;
  /** The variable's own name (`dense/kernel`), "" where it was saved without one. */
  readonly fullName: string;
  /** The key in the checkpoint. */
  readonly key: string;
}

export interface ObjectGraph {
  /** The first is the object that was saved. */
  readonly nodes: readonly SavedObject[];
}

/** A tensor of an object-based checkpoint with all that its object graph says about it. */
export interface ObjectVariable {
  readonly key: string;
  readonly fullName: string;
  /** The shortest path to it through the objects' attributes, such as `model/layers/0/kernel`. */
  readonly path: string;
  /** For an optimizer's slot: the key of the variable that it belongs to, and its name (`m`, `v`). */
  readonly slotOf: { readonly key: string; readonly slot: string } | null;
}

/** The object graph of an open checkpoint; null where it is none of TF2's object-based ones. Throws FORMAT_INVALID. */
export function readObjectGraph(file: TensorFile): ObjectGraph | null {
  const tensor = file.tensors.get(OBJECT_GRAPH_KEY);
  const [bytes] = tensor?.dtype === "string" ? (tensor.strings?.() ?? []) : [];
  return bytes === undefined ? null : decodeObjectGraph(bytes, { file: tensor?.location.file ?? file.path });
}

/** Decodes a `TrackableObjectGraph` (tensorflow/core/protobuf/trackable_object_graph.proto). Throws FORMAT_INVALID. */
export function decodeObjectGraph(bytes: Uint8Array, source: ProtoSource): ObjectGraph {
  const reader = new ProtoReader(bytes, source);
  const nodes: SavedObject[] = [];
  reader.parse(() =>
    reader.root(
      "TrackableObjectGraph",
      (field) => {
        if (field !== 1) return false;
        if (nodes.length >= MAX_OBJECT_GRAPH_NODES) throw reader.fail(`more than ${MAX_OBJECT_GRAPH_NODES} objects`);
        nodes.push(readObject(reader));
        return true;
      },
      [],
    ),
  );
  for (const { children, slots } of nodes) {
    for (const node of [...children.map((one) => one.node), ...slots.flatMap((one) => [one.variable, one.node])]) {
      if (node >= 0 && node < nodes.length) continue;
      throw formatError(`the object graph refers to object ${node} of ${nodes.length}`, {
        file: source.file,
        key: OBJECT_GRAPH_KEY,
      });
    }
  }
  return { nodes };
}

function readObject(reader: ProtoReader): SavedObject {
  const children: SavedObject["children"][number][] = [];
  const attributes: SavedAttribute[] = [];
  const slots: SavedObject["slots"][number][] = [];
  readFields(reader, "TrackableObject", (field) => {
    if (field === 1) children.push(readReference(reader));
    else if (field === 2) attributes.push(readAttribute(reader));
    else if (field === 3) slots.push(readSlot(reader));
    else reader.skip();
  });
  return { children, attributes, slots };
}

function readReference(reader: ProtoReader): SavedObject["children"][number] {
  const found = { node: 0, name: "" };
  readFields(reader, "ObjectReference", (field) => {
    if (field === 1) found.node = reader.int32();
    else if (field === 2) found.name = reader.string();
    else reader.skip();
  });
  return found;
}

function readAttribute(reader: ProtoReader): SavedAttribute {
  const found = { name: "", fullName: "", key: "" };
  readFields(reader, "SerializedTensor", (field) => {
    if (field === 1) found.name = reader.string();
    else if (field === 2) found.fullName = reader.string();
    else if (field === 3) found.key = reader.string();
    else reader.skip();
  });
  return found;
}

function readSlot(reader: ProtoReader): SavedObject["slots"][number] {
  const found = { variable: 0, slot: "", node: 0 };
  readFields(reader, "SlotVariableReference", (field) => {
    if (field === 1) found.variable = reader.int32();
    else if (field === 2) found.slot = reader.string();
    else if (field === 3) found.node = reader.int32();
    else reader.skip();
  });
  return found;
}

function readFields(reader: ProtoReader, name: string, onField: (field: number) => void): void {
  const outer = reader.enter(name);
  for (let field = reader.next(); field !== 0; field = reader.next()) onField(field);
  reader.leave(outer);
}

/**
 * Every tensor that the graph's objects were saved to, in the order of the shortest paths from the saved object. Objects that
 * no path reaches (slots of optimizers, mostly) follow; their path is that of the variable with the slot's name.
 */
export function listObjectVariables(graph: ObjectGraph): ObjectVariable[] {
  const paths = shortestPaths(graph);
  const slots = new Map<number, { readonly variable: number; readonly slot: string }>();
  for (const { slots: own } of graph.nodes) for (const one of own) slots.set(one.node, one);
  const keyOf = (node: number): string => graph.nodes[node]?.attributes[0]?.key ?? "";
  const order = [...paths.keys(), ...graph.nodes.keys()];
  return [...new Set(order)].flatMap((node) => {
    const slot = slots.get(node);
    const path = paths.get(node) ?? (slot === undefined ? "" : `${paths.get(slot.variable) ?? ""}/${slot.slot}`);
    return (graph.nodes[node]?.attributes ?? []).map(({ name, fullName, key }) => ({
      key,
      fullName,
      path: name === "VARIABLE_VALUE" || name === "" ? path : `${path}/${name}`,
      slotOf: slot === undefined ? null : { key: keyOf(slot.variable), slot: slot.slot },
    }));
  });
}

/** Breadth first from the saved object, so that each object has its shortest path, the first of several. */
function shortestPaths(graph: ObjectGraph): Map<number, string> {
  const paths = new Map([[0, ""]]);
  for (const [node, path] of paths) {
    for (const child of graph.nodes[node]?.children ?? []) {
      // A map is walked in the order in which it grows.
      if (!paths.has(child.node)) paths.set(child.node, path === "" ? child.name : `${path}/${child.name}`);
    }
  }
  return paths;
}
