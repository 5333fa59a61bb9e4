import type { OnnxNode } from "../formats/onnx/types.js";
import type { GraphView } from "./graph.js";
import { ownerOf } from "./parameters.js";
import type { NodePlace } from "./scopes.js";
import { biasAdd, weightedNodes } from "./weight-uses.js";

/**
 * The layers that each node is in, from the outermost to the innermost: the scopes that its metadata or its name give. Where
 * several operators with weights share their innermost scope, or there are no scopes at all, each of them is a layer of its own
 * within it, named after its weights where these kept their names, else after the node.
 *
 * @param activations tensors that hold what the model computes of its inputs
 */
export function findLayers(
  view: GraphView,
  places: readonly NodePlace[],
  activations: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const layers = places.map((place) => place.scopes.map((scope) => scope.path));
  const weighted = weightedNodes(view);
  const inScope = new Map<string, number[]>();
  for (const at of weighted) {
    const scope = layers[at]?.at(-1) ?? "";
    inScope.set(scope, [...(inScope.get(scope) ?? []), at]);
  }
  const taken = new Set(layers.flat());
  for (const [scope, nodes] of inScope) {
    // A layer that is called twice is one layer: its operators read the same weights.
    const byWeights = new Map<string, number[]>();
    for (const at of nodes) {
      const key = JSON.stringify(view.nodes[at]?.inputs.filter((name) => !activations.has(name)));
      byWeights.set(key, [...(byWeights.get(key) ?? []), at]);
    }
    if (scope !== "" && byWeights.size === 1) continue;
    for (const calls of byWeights.values()) {
      const [first = 0] = calls;
      const path = unique(nameLayer(view, first, scope, places[first]?.label ?? ""), taken);
      taken.add(path);
      for (const at of calls) for (const one of [at, ...biasAdd(view, at)]) layers[one]?.push(path);
    }
  }
  return layers;
}

function nameLayer(view: GraphView, at: number, scope: string, label: string): string {
  const node = view.nodes[at];
  const own = [node, ...biasAdd(view, at).map((one) => view.nodes[one])].flatMap((one) =>
    (one?.inputs ?? []).flatMap((name) => (view.initializers.has(name) ? (ownerOf(name) ?? []) : [])),
  );
  const [owner] = own;
  if (owner !== undefined && own.every((one) => one === owner)) return owner;
  const word = label === "" ? nodeName(node) : label;
  return scope === "" ? word : `${scope}.${word}`;
}

function nodeName(node: OnnxNode | undefined): string {
  return node === undefined ? "" : node.name || (node.outputs[0] ?? node.opType);
}

function unique(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i += 1) name = `${wanted}_${i}`;
  return name;
}
