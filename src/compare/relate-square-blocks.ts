import type { Relation } from "./relation.js";
import type { PlainTensor } from "./undo-steps.js";

/** Square blocks in a row, each of them transposed: the gates' recurrent kernels of a cell. Null when it is something else. */
export function relateSquareBlocks(own: PlainTensor, wanted: PlainTensor): Relation | null {
  const [rows = 0, columns = 0] = own.shape;
  const axis = rows > columns ? 0 : 1;
  const size = Math.min(rows, columns);
  const count = Math.max(rows, columns) / size;
  if (own.shape.length !== 2 || size < 2 || count < 2 || !Number.isInteger(count)) return null;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const block = Math.floor((axis === 0 ? row : column) / size) * size;
      const [i, j] = axis === 0 ? [block + column, row - block] : [column - block, block + row];
      if (own.values[row * columns + column] !== wanted.values[i * columns + j]) return null;
    }
  }
  return {
    kind: "blocks-transposed",
    axis,
    count,
    description: `the wanted ones with each of the ${count} square blocks along axis ${axis} transposed`,
    undo: null,
  };
}
