import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { haveSameBytes } from "../../src/compare/same-bytes.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import { tensorOf } from "./memory-tensor.js";

const transposition = (shape: readonly number[]) => ({ permute: [1, 0], reshape: [...shape].reverse() });

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0,
  );
}

describe("weights settled to the bit", () => {
  it("says same exactly where the full comparison finds identical bits, in order and transposed", () => {
    const sizes = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 0, max: 4899 }), fc.boolean(), (rows, columns, spot, spoil) => {
        const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.fround(Math.sin(i + 1)));
        for (const turned of [false, true]) {
          const other = turned ? transpose(values, rows, columns) : values.slice();
          if (spoil) other[spot % other.length] = Math.fround((other[spot % other.length] ?? 0) + 1);
          const layout = turned ? transposition([rows, columns]) : SAME_LAYOUT;
          const a = tensorOf("float32", [rows, columns], values);
          const b = tensorOf("float32", turned ? [columns, rows] : [rows, columns], other);
          expect(haveSameBytes(a, b, layout)).toBe(!spoil);
          expect(compareTensors(a, b, { layout }).identical).toBe(!spoil);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("sees a difference in the last element of a tensor of several blocks", () => {
    const values = new Float32Array(3 * 2 ** 20 + 5).fill(0.5);
    const other = values.slice();
    const shape = [values.length];
    expect(haveSameBytes(tensorOf("float32", shape, values), tensorOf("float32", shape, other), SAME_LAYOUT)).toBe(
      true,
    );
    other[other.length - 1] = 0.25;
    expect(haveSameBytes(tensorOf("float32", shape, values), tensorOf("float32", shape, other), SAME_LAYOUT)).toBe(
      false,
    );
  });

  it("leaves to the full comparison what it cannot show: -0 for 0, another dtype, other permutations", () => {
    const a = tensorOf("float32", [2], Float32Array.from([0, 1]));
    expect(haveSameBytes(a, tensorOf("float32", [2], Float32Array.from([-0, 1])), SAME_LAYOUT)).toBe(false);
    expect(haveSameBytes(a, tensorOf("int32", [2], Int32Array.from([0, 1])), SAME_LAYOUT)).toBe(false);
    const cube = tensorOf("float32", [2, 3, 4], new Float32Array(24));
    expect(
      haveSameBytes(cube, tensorOf("float32", [4, 3, 2], new Float32Array(24)), {
        permute: [2, 1, 0],
        reshape: [4, 3, 2],
      }),
    ).toBe(false);
  });
});
