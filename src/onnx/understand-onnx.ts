import type { OnnxModel } from "../formats/onnx/types.js";
import { findActivations } from "./activations.js";
import { type GraphView, viewGraph } from "./graph.js";
import { findLayers } from "./layers.js";
import { describeModules, type OnnxModule } from "./modules.js";
import { findParameters, type OnnxParameter } from "./parameters.js";
import { placeNode } from "./scopes.js";
import { findTaps, type OnnxTap } from "./taps.js";

/** What is known of an ONNX model before it is run. */
export interface UnderstoodOnnx {
  readonly view: GraphView;
  readonly parameters: readonly OnnxParameter[];
  readonly modules: readonly OnnxModule[];
  /** In order of completion. */
  readonly taps: readonly OnnxTap[];
}

/** Reads layers, weights and taps off a graph. */
export function understandOnnx(model: OnnxModel): UnderstoodOnnx {
  const view = viewGraph(model);
  const places = view.nodes.map(placeNode);
  const activations = findActivations(view);
  const layers = findLayers(view, places, activations);
  return {
    view,
    parameters: findParameters(view, layers),
    modules: describeModules(view, places, layers),
    taps: findTaps(view, places, layers, activations),
  };
}
