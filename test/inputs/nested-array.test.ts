import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../src/formats/types.js";
import { elementReader } from "../../src/inputs/elements.js";
import { pathOf, tensorFromNested } from "../../src/inputs/nested-array.js";
import { numbersOf } from "./signatures.js";

const read = (value: unknown, dtype: DType = "int32") => tensorFromNested(value, "X", dtype, { file: "inputs.json" });

describe("numbers written as JSON", () => {
  it("keeps every value of a list of lists in its place", () => {
    const tensor = read([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([tensor.shape, numbersOf(tensor)]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(read(7).shape).toEqual([]);
    expect(numbersOf(read([true, false], "bool"))).toEqual([1, 0]);
    expect(numbersOf(read([0.1], "float32"))).toEqual([Math.fround(0.1)]);
  });

  it("gives back any array of any shape as it was", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), (shape, numbers) => {
        const flat: number[] = [];
        const nest = (axis: number): unknown => {
          const size = shape[axis];
          if (size !== undefined) return Array.from({ length: size }, () => nest(axis + 1));
          const { value } = numbers.next();
          flat.push(value);
          return value;
        };
        const tensor = read(nest(0));
        expect(tensor.shape).toEqual(shape);
        expect(numbersOf(tensor)).toEqual(flat);
      }),
    );
  });

  it("holds int64 values that int32 cannot", () => {
    const tensor = read([2 ** 40, -1], "int64");
    expect([0, 1].map(elementReader("int64", tensor.data))).toEqual([2 ** 40, -1]);
  });

  it.each([
    [[[1, 2], [3]], "Ragged array: X[1] has 1 elements where its first neighbour has 2."],
    [[[1, 2], 3], "Ragged array: X[1] is a number where its neighbours are lists."],
    [[1, [2]], "Ragged array: X[1] is a list where its neighbours are numbers."],
    [
      [
        [1, 2],
        [3, "4"],
      ],
      'X[1][1] is "4"; expected a number.',
    ],
    [[1, null], "X[1] is null; expected a number."],
    [[], "X holds an empty list: there would be nothing to compute."],
    [[[], []], "X holds an empty list: there would be nothing to compute."],
    [[1, 1.5], "X[1] is 1.5, which int32 cannot hold."],
    [[[0], [2 ** 31]], "X[1][0] is 2147483648, which int32 cannot hold."],
  ])("refuses %j with the path of the element", (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it("refuses -1 as uint8, 2 as bool, and whole numbers that JSON has already rounded", () => {
    expect(() => read([-1], "uint8")).toThrow("X[0] is -1, which uint8 cannot hold.");
    expect(() => read([2], "bool")).toThrow("X[0] is 2, which bool cannot hold.");
    expect(() => read([2 ** 53 + 2], "int64")).toThrow("a whole number that JSON numbers cannot hold exactly");
  });

  it("refuses lists nested so deep that no tensor is meant", () => {
    let value: unknown = 1;
    for (let i = 0; i < 40; i++) value = [value];
    expect(() => read(value)).toThrow("X is nested more than 32 lists deep.");
  });

  it("names an element by its indices", () => {
    expect(pathOf("X", [2, 3, 4], 23)).toBe("X[1][2][3]");
    expect(pathOf("keep_prob", [], 0)).toBe("keep_prob");
  });
});
