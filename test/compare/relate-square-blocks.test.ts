import { describe, expect, it } from "vitest";
import { relateSquareBlocks } from "../../src/compare/relate-square-blocks.js";

const plain = (rows: readonly (readonly number[])[]) => ({
  shape: [rows.length, rows[0]?.length ?? 0],
  values: Float32Array.from(rows.flat()),
});

const WANTED = [
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
];

describe("the kernels of gates side by side", () => {
  it("are recognised when each was loaded without its transposition, along either axis", () => {
    const stacked = plain([
      [1, 3],
      [2, 4],
      [5, 7],
      [6, 8],
    ]);
    expect(relateSquareBlocks(stacked, plain(WANTED))).toMatchObject({ kind: "blocks-transposed", axis: 0, count: 2 });
    const wide = plain([
      [1, 2, 5, 6],
      [3, 4, 7, 8],
    ]);
    const turned = plain([
      [1, 3, 5, 7],
      [2, 4, 6, 8],
    ]);
    expect(relateSquareBlocks(turned, wide)).toMatchObject({ axis: 1, count: 2 });
  });

  it("are told one by one: of query, key and value joined a single one may be turned", () => {
    const half = plain([
      [1, 2],
      [3, 4],
      [5, 7],
      [6, 8],
    ]);
    expect(relateSquareBlocks(half, plain(WANTED))).toMatchObject({ count: 2, which: [1] });
  });

  it("are nothing of the kind when all are right, when one is neither, or when there is but one", () => {
    const neither = plain([
      [1, 3],
      [2, 4],
      [5, 6],
      [8, 7],
    ]);
    expect(relateSquareBlocks(neither, plain(WANTED))).toBeNull();
    expect(relateSquareBlocks(plain(WANTED), plain(WANTED))).toBeNull();
    expect(relateSquareBlocks(plain(WANTED.slice(0, 2)), plain(WANTED.slice(0, 2)))).toBeNull();
  });
});
