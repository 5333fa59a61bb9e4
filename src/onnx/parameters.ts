import type { OnnxTensor } from "../formats/onnx/types.js";
import type { GraphView } from "./graph.js";
import { biasAdd, findWeightUses, type WeightUse, weightedNodes } from "./weight-uses.js";

/** An initializer that is a weight of the model, under the name that a state dict would have for it. */
export interface OnnxParameter {
  /** `h.0.attn.c_attn.weight`: its own name, or, where an exporter folded and renamed it, that of its layer and its role. */
  readonly name: string;
  /** Path of the layer that uses it. */
  readonly module: string;
  readonly tensor: OnnxTensor;
  readonly uses: readonly WeightUse[];
  readonly layout: WeightUse["layout"];
}

/** A name as modules have them: `h.0.ln_1.weight`. Exporters write numbers, slashes or colons into those that they make up. */
const OWN_NAME = /^(?!val_\d|const|t\d+$)[A-Za-z_]\w*(\.\w+)*\.[A-Za-z_]\w*$/;

/** Batch normalisation's statistics belong to the model's state, but are not trained. */
export const STATISTICS: ReadonlySet<string> = new Set(["running_mean", "running_var"]);

/**
 * The weights of a model, in order of their first use: initializers that a layer's operator uses as such. Constants (masks,
 * factors, shapes) are not among them.
 *
 * @param layers paths of the layers that each node is in, from the outermost to the innermost
 */
export function findParameters(view: GraphView, layers: readonly (readonly string[])[]): OnnxParameter[] {
  const byTensor = new Map<string, WeightUse[]>();
  const biases = new Set(weightedNodes(view).flatMap((at) => biasAdd(view, at)));
  for (const use of findWeightUses(view)) {
    if (!counts(use, biases)) continue;
    byTensor.set(use.initializer.name, [...(byTensor.get(use.initializer.name) ?? []), use]);
  }
  const paths = new Set(layers.flat());
  const taken = new Set([...byTensor.keys()].filter(isOwnName));
  return [...byTensor].flatMap(([own, uses]): OnnxParameter[] => {
    const use = uses.find((one) => one.evidence === "certain") ?? uses[0];
    if (use === undefined) return [];
    const layer = layers[use.node]?.at(-1) ?? "";
    const owner = ownerOf(own);
    const module = owner !== null && paths.has(owner) ? owner : layer;
    const name = owner === null ? nameFor(use, layer, taken) : own;
    taken.add(name);
    const layouts = new Set(uses.filter((one) => one.evidence === "certain").map((one) => one.layout));
    // A table that is also the head is stored as a table; two uses that contradict say nothing.
    const layout = layouts.has("embedding") ? "embedding" : layouts.size > 1 ? "unknown" : use.layout;
    return [{ name, module, tensor: use.initializer, uses, layout }];
  });
}

function isOwnName(name: string): boolean {
  return OWN_NAME.test(name);
}

/** The module in the name of an initializer that kept its name from the state dict; null for names that exporters make up. */
export function ownerOf(initializer: string): string | null {
  return isOwnName(initializer) ? initializer.slice(0, initializer.lastIndexOf(".")) : null;
}

/** What an exporter renamed and only adds to something is a bias where it follows a kernel, and else a constant. */
function counts({ initializer, evidence, node }: WeightUse, biases: ReadonlySet<number>): boolean {
  return evidence === "certain" || isOwnName(initializer.name) || biases.has(node);
}

function nameFor({ initializer, role }: WeightUse, scope: string, taken: ReadonlySet<string>): string {
  const wanted = scope === "" ? initializer.name : `${scope}.${role}`;
  let name = wanted;
  for (let i = 2; taken.has(name); i += 1) name = `${wanted}_${i}`;
  return name;
}
