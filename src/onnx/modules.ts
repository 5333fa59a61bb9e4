import type { OnnxNode } from "../formats/onnx/types.js";
import type { SourcePlace } from "../recording/types.js";
import type { GraphView } from "./graph.js";
import type { NodePlace } from "./scopes.js";
import { weightedNodes } from "./weight-uses.js";

/** A layer as the rest of parity knows modules. */
export interface OnnxModule {
  readonly path: string;
  readonly class: string;
  readonly qualname: string;
  readonly epsilon: number | null;
  readonly source: SourcePlace | null;
}

/**
 * All layers, from the model itself ("") on, in order of their first node. Of those whose class the file does not tell, a layer
 * around a single operator with weights is called what torch calls it.
 */
export function describeModules(
  view: GraphView,
  places: readonly NodePlace[],
  layers: readonly (readonly string[])[],
): OnnxModule[] {
  const weighted = new Set(weightedNodes(view));
  const nodesOf = new Map<string, number[]>();
  for (const [at, paths] of layers.entries()) {
    for (const path of paths) nodesOf.set(path, [...(nodesOf.get(path) ?? []), at]);
  }
  const qualnames = new Map(places.flatMap((place) => place.scopes.map((one) => [one.path, one.qualname] as const)));
  const root = { path: "", class: "OnnxGraph", qualname: "onnx.OnnxGraph", epsilon: null, source: null };
  return [
    root,
    ...[...nodesOf].map(([path, nodes]) => {
      const own = nodes.filter((at) => weighted.has(at) && layers[at]?.at(-1) === path);
      const only = own.length === 1 && own[0] !== undefined ? own[0] : null;
      const node = only === null ? undefined : view.nodes[only];
      const qualname = qualnames.get(path) ?? (node === undefined ? "onnx.Scope" : `onnx.${className(view, node)}`);
      return {
        path,
        class: qualname.slice(qualname.lastIndexOf(".") + 1),
        qualname,
        epsilon: node?.attributes.get("epsilon")?.float ?? null,
        source: places[only ?? nodes[0] ?? -1]?.source ?? null,
      };
    }),
  ];
}

/** What torch calls the layer that an operator is. */
function className(view: GraphView, { opType, inputs }: OnnxNode): string {
  const axes = (view.initializers.get(inputs[1] ?? "")?.dims.length ?? 2) - 2;
  switch (opType) {
    case "MatMul":
    case "Gemm":
      return "Linear";
    case "Gather":
      return "Embedding";
    case "Conv":
    case "ConvTranspose":
      return `${opType}${axes}d`;
    case "BatchNormalization":
      // Its own axes are not known from its weights, which have one: torch's for pictures stands for all.
      return "BatchNorm2d";
    case "LayerNormalization":
      return "LayerNorm";
    default:
      return opType;
  }
}
