import { findRegion } from "../tensorflow/evidence/find-region.js";
import type { OriginalRegion, Pattern } from "../tensorflow/evidence/types.js";
import { tensorName } from "../tensorflow/graph.js";
import type { Original } from "../tensorflow/understand-original.js";
import { convolutionLayer } from "./layers/convolution.js";
import { embeddingLayer, linearLayer, looseLayer } from "./layers/dense.js";
import { normalisationLayer } from "./layers/normalisation.js";
import type { Layer } from "./types.js";

/** A variable of the forward pass, as the checkpoint has it. */
export interface Stored {
  readonly key: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** The ops of the forward pass, by output, with what they mean. */
export function regionsOf(original: Original): OriginalRegion[] {
  return original.pass.outputs.map((output) => findRegion(original, tensorName(output), new Set()));
}

/**
 * The layers that the original's ops show: a product with a kernel and the bias behind it, a lookup in a table, a convolution, a
 * norm. Variables that none of these reads (recurrent kernels, positions that are added, attention kernels of three axes) are
 * bare parameters. Every variable belongs to exactly one layer; in the order of their first use.
 */
export function findLayers(original: Original, regions: readonly OriginalRegion[]): Layer[] {
  const stored = new Map<string, Stored>();
  for (const { key } of original.variables) {
    const tensor = original.checkpoint.tensors.get(key);
    if (tensor !== undefined) stored.set(key, { key, shape: tensor.shape, dtype: tensor.dtype });
  }
  const used = new Set<string>();
  const layers: Layer[] = [];
  const take = (layer: Layer | null): void => {
    if (layer === null || layer.fields.some((field) => used.has(field.key))) return;
    for (const field of layer.fields) used.add(field.key);
    layers.push(layer);
  };
  const patterns = unique(regions.flatMap((region) => region.patterns));
  const biasOf = biasFinder(patterns);
  // A table that is also multiplied with (tied embeddings) is a table.
  for (const pattern of patterns) if (pattern.kind === "lookup") take(embeddingLayer(pattern, stored));
  const rank = Math.max(1, ...patterns.flatMap((one) => (one.kind === "convolution" ? [one.strides.length] : [])));
  for (const pattern of patterns) {
    if (pattern.kind === "matmul") take(linearLayer(pattern, biasOf(pattern), stored));
    else if (pattern.kind === "convolution") take(convolutionLayer(pattern, biasOf(pattern), stored));
    else if (pattern.kind === "normalisation") take(normalisationLayer(pattern, stored, rank));
  }
  for (const one of stored.values()) if (!used.has(one.key)) take(looseLayer(one));
  return layers;
}

function unique(patterns: readonly Pattern[]): Pattern[] {
  const found = new Map(patterns.map((one) => [`${one.kind} ${one.output}`, one]));
  return [...found.values()];
}

/** The bias that is added to what a pattern gives, through reshapes. */
function biasFinder(patterns: readonly Pattern[]): (pattern: Pattern) => string | null {
  const readers = new Map<string, Pattern[]>();
  for (const one of patterns) readers.set(one.input, [...(readers.get(one.input) ?? []), one]);
  return ({ output }) => {
    for (let tensor = output, steps = 0; steps < 4; steps += 1) {
      const next = readers.get(tensor) ?? [];
      const bias = next.find((one) => one.kind === "bias");
      if (bias?.kind === "bias") return bias.key;
      const reshape = next.find((one) => one.kind === "reshape");
      if (reshape === undefined) return null;
      tensor = reshape.output;
    }
    return null;
  };
}
