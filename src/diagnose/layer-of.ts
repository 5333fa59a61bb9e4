import type { LayerFact, WeightFact } from "./types.js";

/** The layer in which a parameter shows: its own module if that was compared, else the nearest module around it. */
export function layerOf(fact: WeightFact, layers: readonly LayerFact[]): LayerFact | undefined {
  return nearestLayer(fact.module, layers);
}

/** A module that was not compared itself is first looked for behind it: the layer around it may be far. */
export function nearestLayer(module: string, layers: readonly LayerFact[]): LayerFact | undefined {
  const around = layerAround(module, layers);
  if (around?.module === module) return around;
  const behind = layers.filter((layer) => layer.covers?.includes(module));
  return behind.find((layer) => layer.failed) ?? (around?.failed === true ? around : (behind[0] ?? around));
}

function layerAround(module: string, layers: readonly LayerFact[]): LayerFact | undefined {
  for (let path = module; ; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const own = layers.filter((layer) => layer.module === path);
    if (own.length > 0) return own.find((layer) => layer.failed) ?? own[0];
    if (path === "") return undefined;
  }
}
