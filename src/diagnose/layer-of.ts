import type { LayerFact, WeightFact } from "./types.js";

/** The layer in which a parameter shows: its own module if that was compared, else the nearest module around it. */
export function layerOf(fact: WeightFact, layers: readonly LayerFact[]): LayerFact | undefined {
  return nearestLayer(fact.module, layers);
}

export function nearestLayer(module: string, layers: readonly LayerFact[]): LayerFact | undefined {
  for (let path = module; ; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const own = layers.filter((layer) => layer.module === path);
    if (own.length > 0) return own.find((layer) => layer.failed) ?? own[0];
    if (path === "") return undefined;
  }
}
