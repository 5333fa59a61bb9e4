/** A block of an array: along each axis, where it begins and how much of it. */
export interface Box {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/**
 * The elements `start` to `start + length` of an array in row-major order, as the fewest blocks that hold exactly them, in that
 * order: at most two an axis, and one in the middle. `length` is at least 1.
 */
export function boxesOf(shape: readonly number[], start: number, length: number): Box[] {
  const [size, ...inner] = shape;
  if (size === undefined) return [{ offset: [], count: [] }];
  const row = inner.reduce((product, one) => product * one, 1);
  const boxes: Box[] = [];
  let at = start;
  const end = start + length;
  while (at < end) {
    const index = Math.floor(at / row);
    const inRow = at - index * row;
    if (inRow === 0 && end - at >= row) {
      const rows = Math.floor((end - at) / row);
      boxes.push({ offset: [index, ...inner.map(() => 0)], count: [rows, ...inner] });
      at += rows * row;
      continue;
    }
    const part = Math.min(row - inRow, end - at);
    for (const box of boxesOf(inner, inRow, part)) {
      boxes.push({ offset: [index, ...box.offset], count: [1, ...box.count] });
    }
    at += part;
  }
  return boxes;
}
