import type { Original } from "../understand-original.js";
import { findFormulaActivations, findSingleActivations } from "./activations.js";
import { findConvolutions } from "./convolutions.js";
import { findNormalisations } from "./normalisation.js";
import { findPools } from "./pooling.js";
import { findProducts } from "./products.js";
import { findRecurrences } from "./recurrent.js";
import { RegionView } from "./region-view.js";
import { findResizes } from "./resize.js";
import { findMasks, findScalesAndShifts } from "./scale-and-mask.js";
import { findShapings } from "./shaping.js";
import { findSoftmaxes } from "./softmax.js";
import type { OriginalRegion, Pattern } from "./types.js";

/** What larger formulas take for themselves comes first; each op means one thing. */
const FAMILIES: readonly ((view: RegionView) => Pattern[])[] = [
  findRecurrences,
  findNormalisations,
  findSoftmaxes,
  findFormulaActivations,
  findMasks,
  findConvolutions,
  findPools,
  findResizes,
  findProducts,
  findScalesAndShifts,
  findSingleActivations,
  findShapings,
];

/** What the ops of a region mean, in execution order, whatever their scopes are called. */
export function recognisePatterns(region: Omit<OriginalRegion, "patterns">, original: Original): Pattern[] {
  const view = new RegionView(region, original);
  const place = new Map(region.ops.map((op, i) => [op.node, i]));
  const end = (pattern: Pattern): number => Math.max(...pattern.nodes.map((node) => place.get(node) ?? 0));
  return FAMILIES.flatMap((find) => find(view)).sort((a, b) => end(a) - end(b));
}
