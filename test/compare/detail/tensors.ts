import type { TensorDetail } from "../../../src/compare/detail/types.js";

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
export const floatsOf = (text: string): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);

/** Where an element lies in the picture, by the contract's words alone. */
export function placeIn({ picture, shape }: TensorDetail, index: readonly number[]) {
  const flatten = (axes: readonly number[]): number =>
    axes.reduce((at, axis) => at * (shape[axis] ?? 1) + (index[axis] ?? 0), 0);
  const plane = picture.planeAxes.map((axis) => index[axis] ?? 0);
  const row = flatten(picture.rowAxes);
  const column = flatten(picture.columnAxes);
  const across = Math.ceil(picture.columns / picture.tile[1]);
  const cell = Math.floor(row / picture.tile[0]) * across + Math.floor(column / picture.tile[1]);
  return { plane, row, column, cell, shown: picture.planes.find((one) => one.index.join() === plane.join()) };
}
