import type { Metrics } from "../../src/compare/types.js";
import type { PairResult } from "../../src/report/types.js";

/** Width of the sampled model's hidden states. */
export const WIDTH = 768;
const NO_FAULT = { nan: 0, positiveInfinity: 0, negativeInfinity: 0 } as const;

/** Metrics of a tensor of `count` elements whose error has this rms in units of the reference's rms. */
export function sampleMetrics(relative: number, rmsReference = 1.3, count = 3 * 7 * WIDTH): Metrics {
  const rms = relative * rmsReference;
  const identical = relative === 0;
  const reference = 2.1 * rmsReference;
  const extreme = identical ? null : { value: 6 * rms, index: [1, 4, 301], reference, candidate: reference + 6 * rms };
  return {
    count,
    finiteCount: count,
    identical,
    maxAbs: extreme,
    maxRel: extreme === null ? null : { ...extreme, value: 90 * relative, index: [0, 2, 17] },
    meanAbs: 0.7 * rms,
    rms,
    rmsReference,
    rmsCandidate: rmsReference * (1 + relative * 0.01),
    maxAbsReference: 7 * rmsReference,
    relativeL2: relative,
    cosine: identical ? 1 : 1 - Math.min(1, relative * relative) / 2,
    snrDb: identical ? Number.POSITIVE_INFINITY : -20 * Math.log10(relative),
    ulpMax: identical ? 0 : Math.ceil(relative / 6e-8) * 40,
    ulpP99: identical ? 0 : Math.ceil(relative / 6e-8) * 4,
    overTolerance: null,
    smallestTolerance: (6 * rms) / (1 + reference),
    nonFinite: { reference: NO_FAULT, candidate: NO_FAULT },
    nonFiniteMismatch: null,
  };
}

/** A pair within the rounding bound, with anything overridden. */
export function samplePair(id: string, overrides: Partial<PairResult> = {}): PairResult {
  const leaf = id.split(".").at(-1) ?? id;
  const wobble = 0.5 + 0.1 * (hash(id) % 10);
  const local = sampleMetrics(1.1e-7 * wobble);
  const accumulated = sampleMetrics(2.4e-7 * wobble);
  const scope = `model/${id.replace(/^h\.(\d+)/, "h$1").replaceAll(".", "/")}`;
  return {
    id,
    reference: { name: scope, tensor: `${scope}/add:0`, shape: [3, 7, WIDTH], dtype: "float32" },
    candidate: {
      name: id,
      type: CLASSES[leaf] ?? "Block",
      shape: [3, 7, WIDTH],
      dtype: "float32",
      source: { file: "port/model.py", line: 20 + (hash(leaf) % 60) },
    },
    layout: { permute: null, reshape: null },
    matchedBy: "name",
    confidence: 0.98,
    because: `scope ${scope} and module ${id} have the same path once "model" is left out`,
    isOutput: false,
    metrics: accumulated,
    worstCase: "c1",
    local: { case: "c1", metrics: local },
    noise: null,
    float64: null,
    tolerance: { rule: "auto-bound", boundRms: 8e-7, boundMax: 4e-6 },
    smallestTolerance: accumulated.smallestTolerance,
    logits: null,
    verdict: "within-noise",
    note: null,
    ...overrides,
  };
}

/** A pair whose floor was measured: its local error is `ratio` floors, its accumulated error as given. */
export function measuredPair(
  id: string,
  ratio: number,
  accumulated: number,
  more: Partial<PairResult> = {},
): PairResult {
  const floor = 1.6e-7;
  const local = sampleMetrics(ratio * floor);
  const metrics = sampleMetrics(accumulated);
  return samplePair(id, {
    metrics,
    local: { case: "c1", metrics: local },
    noise: { floor: { rms: floor * local.rmsReference, max: 9e-7 * local.rmsReference, from: "float64" }, ratio },
    tolerance: { rule: "auto-measured", factorRms: 4, factorMax: 8, mismatchFactor: 10 },
    smallestTolerance: metrics.smallestTolerance,
    logits: null,
    verdict: ratio > 10 ? "mismatch" : "within-noise",
    ...more,
  });
}

const CLASSES: Readonly<Record<string, string>> = {
  wte: "Embedding",
  wpe: "Embedding",
  ln_1: "LayerNorm",
  ln_2: "LayerNorm",
  ln_f: "LayerNorm",
  c_attn: "Linear",
  c_proj: "Linear",
  c_fc: "Linear",
  attn: "Attention",
  mlp: "MLP",
  lm_head: "Linear",
};

/** FNV-1a of the text as an unsigned 32-bit number: varied, but the same in every run. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
