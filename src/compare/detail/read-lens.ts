import { bytesPerElement } from "../../formats/dtype.js";
import type { LazyTensor } from "../../formats/types.js";
import { decode } from "../decode.js";
import type { Arrangement } from "./arrange-axes.js";
import type { Lens } from "./types.js";
import type { RunWalker } from "./walk-runs.js";

/** The place of an element in its plane. */
interface Place {
  readonly plane: number;
  readonly row: number;
  readonly column: number;
}

/**
 * Exact values of both sides around one element: a window of `size`, moved to lie within the plane.
 *
 * @param reference in the candidate's order of axes
 */
export function readLens(
  reference: LazyTensor,
  candidate: LazyTensor,
  walker: RunWalker,
  arrangement: Pick<Arrangement, "rows" | "columns">,
  { plane, row, column }: Place,
  size: readonly [number, number],
): Lens {
  const [firstRow, rows] = windowAround(row, size[0], arrangement.rows);
  const [firstColumn, columns] = windowAround(column, size[1], arrangement.columns);
  const indices = new Float64Array(rows * columns);
  for (let i = 0; i < indices.length; i++)
    indices[i] = walker.flatIndex(plane, firstRow + Math.floor(i / columns), firstColumn + (i % columns));
  return {
    row: firstRow,
    column: firstColumn,
    rows,
    columns,
    reference: encode(readElements(reference, indices)),
    candidate: encode(readElements(candidate, indices)),
  };
}

function windowAround(at: number, size: number, limit: number): [first: number, length: number] {
  const length = Math.min(size, limit);
  return [Math.min(Math.max(0, at - Math.floor(length / 2)), limit - length), length];
}

/** Elements by flat index, in float64; indices that follow one another are read at once. */
export function readElements(tensor: LazyTensor, indices: Float64Array | readonly number[]): Float64Array {
  const width = bytesPerElement(tensor.dtype);
  const values = new Float64Array(indices.length);
  for (let from = 0; from < indices.length; ) {
    const start = indices[from] ?? 0;
    let to = from + 1;
    while (to < indices.length && indices[to] === start + to - from) to++;
    const bytes = new Uint8Array((to - from) * width);
    tensor.read(bytes, start * width);
    decode(tensor.dtype, bytes.buffer, to - from, values.subarray(from, to));
    from = to;
  }
  return values;
}

function encode(values: Float64Array): string {
  return Buffer.from(Float32Array.from(values).buffer).toString("base64");
}
