import type { CauseId } from "./types.js";

/** What a reader calls the fault. The ids are the contract; these words may change. */
export const CAUSE_TITLES: Readonly<Record<CauseId, string>> = {
  "transposed-weight": "un-transposed weight",
  "missing-weight": "weight never loaded",
  "swapped-weights": "swapped weights",
  "layer-order": "layers in the wrong order",
  "reference-not-restored": "reference not restored",
  "training-mode": "candidate in training mode",
  unexplained: "unexplained difference",
};
