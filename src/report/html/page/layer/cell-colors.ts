import type { CellScale, Picture, Plane } from "../../../details.js";
import { divergingColor, NON_FINITE_COLOR, type Rgb, sequentialColor } from "../chart/color-map.js";
import type { PictureView } from "../route/route.js";
import { NON_FINITE_CELL, shareOfCell, valueOfCell } from "./cells.js";
import { byMagnitude, bySigned, type Weight } from "./pyramid.js";

/** A view of one plane that is drawn as one picture; side by side is two of them. */
export type CellView = Exclude<PictureView, "sides">;

export const VIEW_NAMES: Readonly<Record<PictureView, string>> = {
  reference: "reference",
  candidate: "candidate",
  sides: "side by side",
  difference: "|difference|",
  relative: "relative",
  ulp: "ULP",
};

/** The scale of a view: reference and candidate share theirs. */
export function scaleOf(picture: Picture, view: CellView): CellScale {
  return picture.scales[view === "reference" || view === "candidate" ? "value" : view];
}

/** The cells of a view, in base64. */
export function cellsOf(plane: Plane, view: CellView): string {
  return plane[view];
}

/** Whether the scale has values of both signs, so that zero is in the middle of the colours. */
export function isSigned({ kind, low, high }: CellScale): boolean {
  return kind === "linear" && low < 0 && high > 0;
}

/** Colour of every byte; null where nothing is drawn: exact agreement on a logarithmic scale. */
export function colorTable(scale: CellScale): (Rgb | null)[] {
  const reach = Math.max(Math.abs(scale.low), Math.abs(scale.high));
  return Array.from({ length: 256 }, (_, byte) => {
    if (byte === NON_FINITE_CELL) return NON_FINITE_COLOR;
    if (isSigned(scale)) return divergingColor(valueOfCell(byte, scale) / reach);
    const share = shareOfCell(byte, scale);
    return share < 0 ? null : sequentialColor(share);
  });
}

/** By what the worst cell of several is chosen in a view. */
export function weightOf(scale: CellScale): Weight {
  if (scale.kind === "log" || scale.low === scale.high) return byMagnitude;
  return bySigned((-scale.low / (scale.high - scale.low)) * 254);
}
