import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { colorTable, weightOf } from "../../../../../src/report/html/page/layer/cell-colors.js";
import { decodeFloats, valueOfCell } from "../../../../../src/report/html/page/layer/cells.js";
import { cropLens, errorOf, readLens } from "../../../../../src/report/html/page/layer/lens-cells.js";
import { indexOf, placeOf } from "../../../../../src/report/html/page/layer/picture-index.js";
import { sizePicture } from "../../../../../src/report/html/page/layer/picture-size.js";
import { gatherProfile } from "../../../../../src/report/html/page/layer/profile-points.js";
import { buildPyramid, byMagnitude, levelFor } from "../../../../../src/report/html/page/layer/pyramid.js";
import { attentionDetail, brokenDetail, imageDetail, tokenDetail } from "../../../../helpers/sample-details.js";

describe("the pyramid", () => {
  const planes = fc
    .record({ rows: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 1, max: 40 }) })
    .chain(({ rows, columns }) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        cells: fc.uint8Array({ minLength: rows * columns, maxLength: rows * columns }),
      }),
    );

  test("keeps the worst cell on every level, in the place that covers it", () => {
    fc.assert(
      fc.property(planes, ({ rows, columns, cells }) => {
        const worst = Math.max(...cells);
        const at = cells.indexOf(worst);
        for (const level of buildPyramid(cells, rows, columns, byMagnitude)) {
          const row = Math.floor(Math.floor(at / columns) / level.factor);
          const column = Math.floor((at % columns) / level.factor);
          expect(level.cells[row * level.columns + column]).toBe(worst);
        }
      }),
    );
  });

  test("ends in one cell; a picture of two pixels is drawn from the level that fits", () => {
    const levels = buildPyramid(Uint8Array.from([1, 9, 3, 4, 5, 6]), 2, 3, byMagnitude);
    expect(levels.map(({ rows, columns }) => [rows, columns])).toEqual([
      [2, 3],
      [1, 2],
      [1, 1],
    ]);
    expect([...(levelFor(levels, 2, 1)?.cells ?? [])]).toEqual([9, 6]);
  });

  test("of signed values keeps the one of the largest magnitude, whatever its sign, and NaN before all", () => {
    // −1 … 3 on 255 steps: zero is byte 63.5, so byte 0 (−1) is less than byte 254 (3), and more than byte 100 (0.57).
    const weight = weightOf({ kind: "linear", low: -1, high: 3 });
    expect([...(buildPyramid(Uint8Array.from([0, 100]), 1, 2, weight).at(-1)?.cells ?? [])]).toEqual([0]);
    expect([...(buildPyramid(Uint8Array.from([0, 254]), 1, 2, weight).at(-1)?.cells ?? [])]).toEqual([254]);
    expect([...(buildPyramid(Uint8Array.from([255, 254]), 1, 2, weight).at(-1)?.cells ?? [])]).toEqual([255]);
  });
});

test("a byte stands for what the contract says", () => {
  const linear = { kind: "linear", low: -2, high: 2 } as const;
  expect([0, 127, 254, 255].map((byte) => valueOfCell(byte, linear))).toEqual([-2, 0, 2, Number.NaN]);
  const log = { kind: "log", low: 1e-8, high: 1e2 } as const;
  expect(valueOfCell(0, log)).toBe(0);
  expect(valueOfCell(1, log)).toBeCloseTo(1e-8, 12);
  expect(valueOfCell(254, log)).toBeCloseTo(1e2, 8);
  // Half way between the bytes 1 and 254 lies the geometric mean.
  expect((valueOfCell(127, log) + valueOfCell(128, log)) / 2).toBeCloseTo(1e-3, 4);
  expect(valueOfCell(17, { kind: "log", low: 3, high: 3 })).toBe(3);
});

test("exact agreement has no colour, NaN one that neither map has, zero the middle of a signed scale", () => {
  const log = colorTable({ kind: "log", low: 1e-8, high: 1 });
  expect([log[0], log[1], log[254]]).toEqual([null, [0, 34, 78], [254, 232, 56]]);
  const signed = colorTable({ kind: "linear", low: -3, high: 3 });
  expect(signed[127]).toEqual([247, 247, 247]);
  expect([signed[0], signed[254]]).toEqual([
    [127, 59, 8],
    [45, 0, 75],
  ]);
  expect(signed.slice(0, 255)).not.toContainEqual(signed[255]);
});

describe("places", () => {
  test("of elements and back again, in every kind of picture", () => {
    for (const detail of [tokenDetail("a"), attentionDetail("b"), imageDetail("c"), brokenDetail("d")]) {
      const index = fc.tuple(...detail.shape.map((size) => fc.nat(size - 1)));
      fc.assert(
        fc.property(index, (place) => {
          const found = placeOf(detail, place);
          const plane = detail.picture.planes[found.plane];
          expect(indexOf(detail, plane?.index ?? [], found)).toEqual(place);
        }),
      );
    }
  });

  test("the lens shows the worst element with its exact values, also when it is cropped", () => {
    const detail = tokenDetail("h.3.attn.c_proj");
    const [plane] = detail.picture.planes;
    if (plane?.lens === null || plane === undefined) throw new Error("the sample has a lens");
    const { worst } = cropLens(readLens(plane.lens), 3);
    const [first] = detail.worst;
    expect(worst).toMatchObject({ row: 4, column: 37, reference: first?.reference, candidate: first?.candidate });
    const { lens, cells } = cropLens(readLens(plane.lens), 3);
    expect(cells).toHaveLength(9);
    expect([lens.row, lens.column]).toEqual([3, 36]);
  });

  test("an element that is a number on one side only is worse than any other; the same NaN is no error", () => {
    expect(errorOf({ reference: 1, candidate: Number.NaN })).toBe(Number.POSITIVE_INFINITY);
    expect(errorOf({ reference: Number.NaN, candidate: Number.NaN })).toBe(0);
    expect(errorOf({ reference: Number.POSITIVE_INFINITY, candidate: Number.POSITIVE_INFINITY })).toBe(0);
    expect(errorOf({ reference: -1, candidate: 1 })).toBe(2);
  });
});

test("float32 is read little-endian", () => {
  expect([...decodeFloats(Buffer.from([0, 0, 128, 63, 0, 0, 0, 192]).toString("base64"))]).toEqual([1, -2]);
});

test("pictures fit their room, stand below each other where it is narrow, and never exceed what canvases take", () => {
  const { picture } = tokenDetail("a");
  expect(sizePicture(picture, 900, 1, 1).width).toBe(900);
  expect(sizePicture(picture, 900, 2, 1)).toMatchObject({ width: 442, stacked: false });
  expect(sizePicture(picture, 340, 2, 1)).toMatchObject({ width: 340, stacked: true });
  expect(sizePicture(picture, 1400, 1, 8).width).toBe(8000);
});

test("a long profile is drawn by the worst of each stretch; NaN is infinite", () => {
  const maxAbs = [1, 5, 2, Number.NaN, 3];
  expect(gatherProfile(maxAbs, [1, 1, 2, 1, 1], 3)).toEqual([
    { first: 0, last: 1, maxAbs: 5, rms: 1 },
    { first: 2, last: 3, maxAbs: Number.POSITIVE_INFINITY, rms: 2 },
    { first: 4, last: 4, maxAbs: 3, rms: 1 },
  ]);
});
