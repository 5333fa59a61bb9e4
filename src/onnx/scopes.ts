import type { OnnxNode } from "../formats/onnx/types.js";
import type { SourcePlace } from "../recording/types.js";
import { placeInTrace } from "./stack-trace.js";

/** A part of the model that its code or its names divide it into, as the node's own metadata or name tell. */
export interface Scope {
  /** `h.0.attn`; "" is the model itself. */
  readonly path: string;
  /** Class of the module with the package that defines it; null where only names are known. */
  readonly qualname: string | null;
}

/** Where a node comes from. */
export interface NodePlace {
  /** From the outermost to the innermost, without the model itself. */
  readonly scopes: readonly Scope[];
  /** The last part of its name, or the function that torch called. */
  readonly label: string;
  readonly source: SourcePlace | null;
  /**
   * `calls`: nodes stand in the order in which the modules were called, so that a module called twice shows as two runs of
   * nodes. `names`: names alone say what belongs together.
   */
  readonly order: "calls" | "names";
}

/**
 * Says where a node comes from: `torch.onnx.export(dynamo=True)` writes it into the node's metadata, the older exporter and
 * tf2onnx into its name (`/h.0/attn/c_attn/MatMul`, `model/conv/Conv2D`). Nothing of it is needed to run a model.
 */
export function placeNode(node: OnnxNode): NodePlace {
  const fromMetadata = placeByMetadata(node.metadata);
  if (fromMetadata !== null) return fromMetadata;
  const name = nameOf(node);
  const isTorch = name.startsWith("/");
  const parts = name.split("/").filter((part) => part !== "" && !WRAPPER.test(part));
  const label = parts.pop() ?? "";
  return {
    scopes: (isTorch ? torchPaths(parts) : joinedPaths(parts)).map((path) => ({ path, qualname: null })),
    label,
    source: null,
    order: isTorch ? "calls" : "names",
  };
}

/** What torch writes for a call of which it lost the module. */
const NO_MODULE = /^_empty_nn_module_stack/;

/** Functions that TensorFlow wraps a whole model into. */
const WRAPPER = /^(Stateful)?PartitionedCall(_\d+)?$/;

function placeByMetadata(metadata: ReadonlyMap<string, string>): NodePlace | null {
  const scopes = scopesInLists(metadata) ?? scopesInNamespace(metadata.get("namespace"));
  if (scopes === null) return null;
  const trace = metadata.get("pkg.torch.onnx.stack_trace");
  return {
    // The last entry is the call itself, the first the model.
    scopes: scopes.slice(0, -1).filter((one) => one.path !== "" && !NO_MODULE.test(one.path)),
    label: scopes.at(-1)?.path ?? "",
    source: trace === undefined ? null : placeInTrace(trace),
    order: "calls",
  };
}

function scopesInLists(metadata: ReadonlyMap<string, string>): Scope[] | null {
  const names = metadata.get("pkg.torch.onnx.name_scopes");
  const classes = metadata.get("pkg.torch.onnx.class_hierarchy");
  if (names === undefined || classes === undefined) return null;
  const [paths, qualnames] = [readList(names), readList(classes)];
  return paths.length === 0 ? null : paths.map((path, i) => ({ path, qualname: qualnames[i] ?? null }));
}

/** `: port.GPT2/h.0: port.Block/linear: aten.linear.default`. */
function scopesInNamespace(namespace: string | undefined): Scope[] | null {
  if (namespace === undefined || !namespace.includes(": ")) return null;
  return namespace.split("/").map((part) => {
    const at = part.indexOf(": ");
    return at === -1 ? { path: part, qualname: null } : { path: part.slice(0, at), qualname: part.slice(at + 2) };
  });
}

/** The texts of a list as Python prints it. */
function readList(text: string): string[] {
  return [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)].map((match) =>
    (match[1] ?? match[2] ?? "").replace(/\\(.)/g, "$1"),
  );
}

/**
 * A node's name. Converters that fuse nodes join their names by `;`, and put those of equal constants among them: the ones that
 * end like the operator are looked at (`…/Conv2D` for Conv), and of these the one whose scope is named most often.
 */
function nameOf({ name, opType, outputs }: OnnxNode): string {
  const names = (name === "" ? (outputs[0] ?? "") : name).split(";");
  const word = opType.toLowerCase();
  const fitting = names.filter((one) => (one.split("/").at(-1) ?? "").toLowerCase().startsWith(word));
  const mentions = (one: string): number => {
    const scope = one.slice(0, one.lastIndexOf("/") + 1);
    return names.filter((other) => other.startsWith(scope)).length;
  };
  const [best] = [...fitting].sort((a, b) => mentions(b) - mentions(a));
  return best ?? names[0] ?? "";
}

/** Children of containers are written with the container's name in front, after it: `features/features.0` is `features.0`. */
function torchPaths(parts: readonly string[]): string[] {
  const paths: string[] = [];
  const path: string[] = [];
  for (const part of parts) {
    const last = path.at(-1);
    if (last !== undefined && part.startsWith(`${last}.`)) path[path.length - 1] = part;
    else path.push(part);
    paths.push(path.join("."));
  }
  return paths;
}

function joinedPaths(parts: readonly string[]): string[] {
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}
