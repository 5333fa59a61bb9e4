import { seeForgetBiasInCode } from "./causes/forget-bias-in-code.js";
import { seeFusedRecurrence } from "./causes/fused-recurrence.js";
import { seeGateActivation } from "./causes/gate-activation.js";
import { seeGateSplit } from "./causes/gate-split.js";
import { seeResetGate } from "./causes/reset-gate.js";
import { seeScaledInput } from "./causes/scaled-input.js";
import { seeSequenceOps } from "./causes/sequence-ops.js";
import type { SeeCause } from "./layer-causes.js";

/** What a recurrent cell that is written out can have wrong, and how sequences are turned and masked around it. */
export const RECURRENT_CAUSES: readonly SeeCause[] = [
  seeForgetBiasInCode,
  seeGateSplit,
  seeGateActivation,
  seeResetGate,
  seeSequenceOps,
  seeFusedRecurrence,
  seeScaledInput,
];
