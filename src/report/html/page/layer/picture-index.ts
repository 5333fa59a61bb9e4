import type { LayerDetail, Picture } from "../../../details.js";

/** Cells down and across. */
export function cellGrid({ rows, columns, tile }: Picture): { readonly rows: number; readonly columns: number } {
  return { rows: Math.ceil(rows / tile[0]), columns: Math.ceil(columns / tile[1]) };
}

/** Place of an element among rows and columns of a plane. */
export interface Spot {
  readonly row: number;
  readonly column: number;
}

/** Where an element of the tensor lies: its plane (-1 when that is not shown) and its row and column. Pure. */
export function placeOf(detail: LayerDetail, index: readonly number[]): Spot & { readonly plane: number } {
  const { shape, picture } = detail;
  const own = picture.planeAxes.map((axis) => index[axis] ?? 0);
  return {
    plane: picture.planes.findIndex((plane) => plane.index.every((value, at) => value === own[at])),
    row: ravel(picture.rowAxes, index, shape),
    column: ravel(picture.columnAxes, index, shape),
  };
}

/** The index into the tensor of the element at a place of a plane. The inverse of `placeOf`. */
export function indexOf(detail: LayerDetail, plane: readonly number[], spot: Spot): number[] {
  const { shape, picture } = detail;
  const index = shape.map(() => 0);
  picture.planeAxes.forEach((axis, at) => {
    index[axis] = plane[at] ?? 0;
  });
  unravel(picture.rowAxes, spot.row, shape, index);
  unravel(picture.columnAxes, spot.column, shape, index);
  return index;
}

function ravel(axes: readonly number[], index: readonly number[], shape: readonly number[]): number {
  return axes.reduce((flat, axis) => flat * (shape[axis] ?? 1) + (index[axis] ?? 0), 0);
}

function unravel(axes: readonly number[], flat: number, shape: readonly number[], index: number[]): void {
  let rest = flat;
  for (const axis of [...axes].reverse()) {
    const size = Math.max(1, shape[axis] ?? 1);
    index[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
}

/** What runs along one direction: `token`, `batch · token`. Axes of one index say nothing, unless there are no others. */
export function directionName(detail: LayerDetail, axes: readonly number[]): string {
  const long = axes.filter((axis) => detail.shape[axis] !== 1);
  return (long.length === 0 ? axes.slice(-1) : long).map((axis) => detail.axes[axis] ?? `axis ${axis}`).join(" · ");
}

/** Which plane it is: `batch 0, head 3`; `the whole tensor` where there is only one. */
export function planeName(detail: LayerDetail, index: readonly number[]): string {
  const { planeAxes } = detail.picture;
  if (planeAxes.length === 0) return "the whole tensor";
  return planeAxes.map((axis, at) => `${detail.axes[axis] ?? `axis ${axis}`} ${index[at] ?? 0}`).join(", ");
}
