import type { Arrangement } from "./arrange-axes.js";

/** In which direction of a picture a tensor's innermost axis runs. */
export type InnerDirection = "row" | "column" | "plane";

/** Elements `from` to `to` of a block lie one behind the other on the innermost axis, the first of them at this place. */
export type SeeRun = (from: number, to: number, plane: number, row: number, column: number) => void;

interface WalkedAxis {
  readonly size: number;
  /** Steps per index in each direction; one of them is not 0. */
  readonly plane: number;
  readonly row: number;
  readonly column: number;
}

/** Where the elements of a row-major tensor lie in its pictures, run by run. Axes of size 1 move nothing. */
export class RunWalker {
  readonly inner: InnerDirection;
  private readonly axes: readonly WalkedAxis[];

  constructor(shape: readonly number[], arrangement: Arrangement) {
    const { rowAxes, columnAxes, planeAxes } = arrangement;
    const axes = shape.map((size, axis) => ({
      size,
      plane: stepOf(axis, planeAxes, shape),
      row: stepOf(axis, rowAxes, shape),
      column: stepOf(axis, columnAxes, shape),
    }));
    this.axes = axes.filter(({ size }) => size !== 1);
    const last = this.axes.at(-1);
    this.inner = last === undefined || last.column > 0 ? "column" : last.row > 0 ? "row" : "plane";
  }

  /** @param first flat index of the block's first element */
  walk(first: number, length: number, see: SeeRun): void {
    const last = this.axes.at(-1);
    if (last === undefined) {
      see(0, length, 0, 0, 0);
      return;
    }
    for (let from = 0; from < length; ) {
      const along = (first + from) % last.size;
      const to = Math.min(length, from + last.size - along);
      let plane = along * last.plane;
      let row = along * last.row;
      let column = along * last.column;
      let rest = Math.floor((first + from) / last.size);
      for (let at = this.axes.length - 2; at >= 0; at--) {
        const axis = this.axes[at] ?? last;
        const index = rest % axis.size;
        rest = Math.floor(rest / axis.size);
        plane += index * axis.plane;
        row += index * axis.row;
        column += index * axis.column;
      }
      see(from, to, plane, row, column);
      from = to;
    }
  }

  /** Flat index of the element at a place; the inverse of what `walk` tells. */
  flatIndex(plane: number, row: number, column: number): number {
    let flat = 0;
    let stride = 1;
    for (let at = this.axes.length - 1; at >= 0; at--) {
      const axis = this.axes[at];
      if (axis === undefined) continue;
      const place = axis.plane > 0 ? plane / axis.plane : axis.row > 0 ? row / axis.row : column / axis.column;
      flat += (Math.floor(place) % axis.size) * stride;
      stride *= axis.size;
    }
    return flat;
  }
}

function stepOf(axis: number, direction: readonly number[], shape: readonly number[]): number {
  const at = direction.indexOf(axis);
  return at === -1 ? 0 : direction.slice(at + 1).reduce((steps, other) => steps * (shape[other] ?? 1), 1);
}
