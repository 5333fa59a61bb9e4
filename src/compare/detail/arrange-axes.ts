import { elementCount } from "../../formats/dtype.js";

/** Which axes of a tensor run down a picture, which across it, and of which each index is a picture of its own. */
export interface Arrangement {
  readonly rowAxes: readonly number[];
  readonly columnAxes: readonly number[];
  readonly planeAxes: readonly number[];
  /** Elements in each direction, and the number of planes. */
  readonly rows: number;
  readonly columns: number;
  readonly planes: number;
}

/** Axes that are planes where a picture has axes enough without them, the first to become one first. */
const PLANE_ROLES = ["batch", "head", "channel"];
/** An image channel of fewer elements says nothing on its own: where there are many such, they are rows of one picture. */
const SMALL_CHANNEL = 64;
const MANY_CHANNELS = 8;

/**
 * Arranges a tensor as matrices. The last two axes longer than 1 are rows and columns, unless one of them is a channel, batch
 * or head and an axis that is none is free: token × channel, query × key per head, height × width per channel. Axes of
 * size 1 and what is left are planes. Many tiny image channels are laid out in one picture, channel × position.
 *
 * @param axes what each axis is, as far as it is known
 */
export function arrangeAxes(shape: readonly number[], axes: readonly string[]): Arrangement {
  const long = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const shown = chooseTwo(long, axes);
  let [rowAxes, columnAxes] = [shown.slice(0, -1), shown.slice(-1)];
  const channel = long.findLast((axis) => axes[axis] === "channel" && !shown.includes(axis));
  if (channel !== undefined && (shape[channel] ?? 1) > MANY_CHANNELS && sizeOf(shape, shown) < SMALL_CHANNEL) {
    // Flattened axes stay in their order in memory.
    [rowAxes, columnAxes] = shown.every((axis) => axis > channel) ? [[channel], shown] : [shown, [channel]];
  }
  const planeAxes = shape.flatMap((_, axis) => (rowAxes.includes(axis) || columnAxes.includes(axis) ? [] : [axis]));
  return {
    rowAxes,
    columnAxes,
    planeAxes,
    rows: sizeOf(shape, rowAxes),
    columns: sizeOf(shape, columnAxes),
    planes: sizeOf(shape, planeAxes),
  };
}

/** The two axes of a picture among those longer than 1. */
function chooseTwo(long: readonly number[], axes: readonly string[]): number[] {
  const shown = [...long];
  for (const role of PLANE_ROLES) {
    const at = shown.findIndex((axis) => axes[axis] === role);
    // Behind tokens channels are what is looked at; behind height and width they are not.
    const isPicture = role !== "channel" || axes.includes("height") || axes.includes("width");
    if (shown.length > 2 && at !== -1 && isPicture) shown.splice(at, 1);
  }
  return shown.slice(-2);
}

function sizeOf(shape: readonly number[], axes: readonly number[]): number {
  return elementCount(axes.map((axis) => shape[axis] ?? 1));
}
