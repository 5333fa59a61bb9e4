import { seeBatchnormStatistics } from "./causes/batchnorm-statistics.js";
import { seeEmaWeights } from "./causes/ema-weights.js";
import { seeEmbeddingRows } from "./causes/embedding-rows.js";
import { seeFlattenedRows } from "./causes/flatten-order-weights.js";
import { seeFlippedKernel } from "./causes/flipped-kernel.js";
import { seeForgetBias } from "./causes/forget-bias.js";
import { seeGateOrder } from "./causes/gate-order.js";
import { seePermutedHeads } from "./causes/head-layout-weights.js";
import { seePermutedKernel } from "./causes/permuted-kernel.js";
import { seeQkvLayout } from "./causes/qkv-layout.js";
import { seeRecurrentBias } from "./causes/recurrent-bias.js";
import { seeReducedPrecision } from "./causes/reduced-precision.js";
import { seeResetGateOfModule } from "./causes/reset-gate-module.js";
import { seeRotaryPairs } from "./causes/rope-layout-weights.js";
import { seeScaledWeight } from "./causes/scaled-weight.js";
import { seeSignFlipped } from "./causes/sign-flipped.js";
import { seeTransposedBlocks } from "./causes/transposed-blocks.js";
import { seeWeightNorm } from "./causes/weight-norm.js";
import { layerOf } from "./layer-of.js";
import { loadingCode } from "./loading-code.js";
import type { CauseId, Hypothesis, LayerFact, WeightFact } from "./types.js";

/** What one cause sees in a parameter that does not hold what it should. The repair is always to load what it should hold. */
export interface SeenWeight {
  readonly cause: CauseId;
  readonly message: string;
  readonly evidence: readonly string[];
  /** Code; the loading line where a cause has nothing better. */
  readonly fix?: string;
  readonly prior: number;
}

export type SeeWeight = (fact: WeightFact) => SeenWeight | null;

/** In this order: the first that sees something names the fault. */
const WEIGHT_CAUSES: readonly SeeWeight[] = [
  seeEmaWeights,
  seeReducedPrecision,
  seeSignFlipped,
  seeBatchnormStatistics,
  seePermutedKernel,
  seeFlippedKernel,
  seeForgetBias,
  seeGateOrder,
  seeTransposedBlocks,
  seeRecurrentBias,
  seeQkvLayout,
  seeRotaryPairs,
  seePermutedHeads,
  seeFlattenedRows,
  seeEmbeddingRows,
  seeWeightNorm,
  seeScaledWeight,
  seeResetGateOfModule,
];

/** The hypothesis about one parameter whose values stand in a known relation to those that it should hold; null without one. */
export function seeRelatedWeight(fact: WeightFact, layers: readonly LayerFact[]): Hypothesis | null {
  const layer = layerOf(fact, layers);
  if (layer === undefined || !layer.failed) return null;
  for (const see of WEIGHT_CAUSES) {
    const seen = see(fact);
    if (seen === null) continue;
    return {
      cause: seen.cause,
      pairs: [layer.pair],
      parameters: [fact.parameter],
      source: fact.source,
      message: seen.message,
      evidence: seen.evidence,
      repairs: [{ kind: "load", parameter: fact.parameter, key: fact.key }],
      change: `${fact.parameter} loaded from ${fact.key}`,
      fix: seen.fix ?? loadingCode(fact, fact.key),
      prior: seen.prior,
    };
  }
  return null;
}
