import type { Relation } from "./relation.js";
import type { PlainTensor } from "./undo-steps.js";

/** Square blocks in a row, each of them transposed: the gates' recurrent kernels of a cell. Null when it is something else. */
export function relateSquareBlocks(own: PlainTensor, wanted: PlainTensor): Relation | null {
  const [rows = 0, columns = 0] = own.shape;
  const axis = rows > columns ? 0 : 1;
  const size = Math.min(rows, columns);
  const count = Math.max(rows, columns) / size;
  if (own.shape.length !== 2 || size < 2 || count < 2 || !Number.isInteger(count)) return null;
  const holds = (block: number, transposed: boolean): boolean => {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const at = (a: number, b: number): number =>
          axis === 0 ? (block * size + a) * columns + b : a * columns + block * size + b;
        if (own.values[at(i, j)] !== wanted.values[transposed ? at(j, i) : at(i, j)]) return false;
      }
    return true;
  };
  const turned: number[] = [];
  for (let block = 0; block < count; block++) {
    if (holds(block, false)) continue;
    if (!holds(block, true)) return null;
    turned.push(block);
  }
  if (turned.length === 0) return null;
  const which =
    turned.length === count
      ? `each of the ${count} square blocks`
      : `square block ${turned.join(", ")} (from 0) of ${count}`;
  return {
    kind: "blocks-transposed",
    axis,
    count,
    which: turned,
    description: `the wanted ones with ${which} along axis ${axis} transposed`,
    undo: null,
  };
}
