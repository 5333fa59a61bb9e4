import { ATTENTION_CAUSES } from "./attention-causes.js";
import { seeActivationFunction } from "./causes/activation-function.js";
import { seeAttentionScale } from "./causes/attention-scale.js";
import { seeBatchStatistics } from "./causes/batch-statistics.js";
import { seeConstantPrecision } from "./causes/constant-precision.js";
import { seeDoubleSoftmax } from "./causes/double-softmax.js";
import { seeEmbeddingScale } from "./causes/embedding-scale.js";
import { seeExtraOp } from "./causes/extra-op.js";
import { seeGeluApproximation } from "./causes/gelu-approximation.js";
import { seeInputDType } from "./causes/input-dtype.js";
import { seeInputNormalisation } from "./causes/input-normalisation.js";
import { seeLogitsVsProbabilities } from "./causes/logits-vs-probabilities.js";
import { seeMissingBias } from "./causes/missing-bias.js";
import { seeMissingBlockInput } from "./causes/missing-block-input.js";
import { seeMissingOp } from "./causes/missing-op.js";
import { seeMissingResidual } from "./causes/missing-residual.js";
import { seeNormAxis } from "./causes/norm-axis.js";
import { seeNormEpsilon } from "./causes/norm-epsilon.js";
import { seeNormEpsilonPlacement } from "./causes/norm-epsilon-placement.js";
import { seeNormOrder } from "./causes/norm-order.js";
import { seeScalarFactor } from "./causes/scalar-factor.js";
import { seeSoftmaxAxis } from "./causes/softmax-axis.js";
import { seeReducedPrecision } from "./causes/tf32-or-reduced-precision.js";
import { seeVarianceDdof } from "./causes/variance-ddof.js";
import { CONVOLUTION_CAUSES } from "./convolution-causes.js";
import { RECURRENT_CAUSES } from "./recurrent-causes.js";
import type { Situation } from "./situation.js";
import type { Hypothesis } from "./types.js";

/** What one cause makes of a layer that differs: the hypotheses that it puts on the list, the likeliest first. Pure. */
export type SeeCause = (situation: Situation) => readonly Hypothesis[];

/** Every cause that looks at what a layer computes. A cause adds itself here. */
export const LAYER_CAUSES: readonly SeeCause[] = [
  seeNormEpsilon,
  seeNormEpsilonPlacement,
  seeVarianceDdof,
  seeNormAxis,
  seeBatchStatistics,
  seeGeluApproximation,
  seeActivationFunction,
  seeAttentionScale,
  seeEmbeddingScale,
  seeScalarFactor,
  seeConstantPrecision,
  seeSoftmaxAxis,
  seeDoubleSoftmax,
  seeLogitsVsProbabilities,
  seeMissingResidual,
  seeMissingBlockInput,
  seeNormOrder,
  seeMissingBias,
  seeInputNormalisation,
  seeInputDType,
  seeReducedPrecision,
  seeMissingOp,
  seeExtraOp,
  ...CONVOLUTION_CAUSES,
  ...ATTENTION_CAUSES,
  ...RECURRENT_CAUSES,
];
