import fc from "fast-check";
import { expect, test } from "vitest";
import { describeTensors } from "../../../src/compare/detail/describe-tensors.js";
import { SAME_LAYOUT } from "../../../src/compare/types.js";
import { tensorOf } from "../memory-tensor.js";
import { bytesOf, placeIn } from "./tensors.js";

const NAMES = ["batch", "token", "channel", "head", "height", "width", "axis 1"];
const number = fc.oneof(
  { weight: 8, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

const sides = fc
  .array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 })
  .filter((shape) => shape.reduce((a, b) => a * b, 1) <= 400)
  .chain((shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = fc.array(number, { minLength: count, maxLength: count });
    return fc.record({
      shape: fc.constant(shape),
      axes: fc.array(fc.constantFrom(...NAMES), { minLength: shape.length, maxLength: shape.length }),
      reference: values,
      // Mostly the same: a few elements that differ is what real tensors look like.
      changes: fc.array(fc.tuple(fc.nat(count - 1), number), { maxLength: 12 }),
      cells: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
      planes: fc.integer({ min: 1, max: 4 }),
    });
  });

test("a worst element is found again in the cell that covers it, whatever the shape, the axes and the tiles", () => {
  fc.assert(
    fc.property(sides, ({ shape, axes, reference, changes, cells, planes }) => {
      const candidate = [...reference];
      for (const [at, value] of changes) candidate[at] = value;
      const detail = describeTensors(
        tensorOf("float32", shape, Float32Array.from(reference)),
        tensorOf("float32", shape, Float32Array.from(candidate)),
        SAME_LAYOUT,
        axes,
        { cells, planes, lens: [2, 3], bins: 4, decades: 3, entries: 3, worst: 10 },
      );
      const { scales } = detail.picture;
      const [first] = detail.worst;
      expect(detail.picture.planes[0]?.lens === null).toBe(first === undefined);
      for (const one of detail.worst) {
        const { shown, cell } = placeIn(detail, one.index);
        if (shown === undefined) {
          // Left out only for planes that are worse.
          expect(detail.picture.cut).toBeGreaterThan(0);
          continue;
        }
        const error = Math.abs(one.candidate - one.reference);
        const byte = bytesOf(shown.difference)[cell] ?? -1;
        if (!Number.isFinite(error)) expect(byte).toBe(255);
        else if (byte !== 255) {
          const step = Math.log(scales.difference.high / scales.difference.low) / 253;
          const value = step === 0 ? scales.difference.low : scales.difference.low * Math.exp((byte - 1) * step);
          expect(byte).toBeGreaterThan(0);
          expect(value).toBeGreaterThanOrEqual(error * Math.exp(-step / 2 - 1e-6));
        }
      }
      if (first !== undefined) {
        const { shown, row, column } = placeIn(detail, first.index);
        expect(shown).toBe(detail.picture.planes[0]);
        const lens = shown?.lens;
        expect(row - (lens?.row ?? row + 1)).toBeGreaterThanOrEqual(0);
        expect(row - (lens?.row ?? 0)).toBeLessThan(lens?.rows ?? 0);
        expect(column - (lens?.column ?? column + 1)).toBeGreaterThanOrEqual(0);
        expect(column - (lens?.column ?? 0)).toBeLessThan(lens?.columns ?? 0);
      }
    }),
    { numRuns: 300 },
  );
});

test("every finite value is in one bin, and every finite pair in one field of the scatter", () => {
  fc.assert(
    fc.property(sides, ({ shape, axes, reference, changes }) => {
      const candidate = [...reference];
      for (const [at, value] of changes) candidate[at] = value;
      const detail = describeTensors(
        tensorOf("float32", shape, Float32Array.from(reference)),
        tensorOf("float32", shape, Float32Array.from(candidate)),
        SAME_LAYOUT,
        axes,
        { cells: [4, 4], planes: 2, lens: null, bins: 7, decades: 4, entries: 4, worst: 3 },
      );
      const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
      expect(sum(detail.histogram.reference)).toBe(reference.filter(Number.isFinite).length);
      expect(sum(detail.histogram.candidate)).toBe(candidate.filter(Number.isFinite).length);
      const both = reference.filter((value, i) => Number.isFinite(value) && Number.isFinite(candidate[i]));
      expect(sum(detail.scatter.counts)).toBe(both.length);
      const { magnitude, error, counts } = detail.scatter;
      expect(counts.length).toBe((magnitude.length - 1) * (error.length - 1));
    }),
    { numRuns: 200 },
  );
});
