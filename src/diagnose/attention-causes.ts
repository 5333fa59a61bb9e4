import { seeAttentionMask } from "./causes/attention-mask.js";
import { seeDropoutActive } from "./causes/dropout-active.js";
import { seeExchangedProjections } from "./causes/exchanged-projections.js";
import { seeHeadLayout } from "./causes/head-layout.js";
import { seePositionOffset } from "./causes/position-offset.js";
import { seeQkvSplit } from "./causes/qkv-split.js";
import { seeRelativePosition } from "./causes/relative-position.js";
import { seeRopeLayout } from "./causes/rope-layout.js";
import { seeTokenType } from "./causes/token-type.js";
import { seeUntiedEmbedding } from "./causes/untied-embedding.js";
import type { SeeCause } from "./layer-causes.js";

/** Causes in models with embeddings and attention. */
export const ATTENTION_CAUSES: readonly SeeCause[] = [
  seeDropoutActive,
  seeAttentionMask,
  seePositionOffset,
  seeRelativePosition,
  seeTokenType,
  seeHeadLayout,
  seeQkvSplit,
  seeExchangedProjections,
  seeRopeLayout,
  seeUntiedEmbedding,
];
