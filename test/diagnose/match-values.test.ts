import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findAgreements } from "../../src/diagnose/match-values.js";
import type { TensorValue } from "../../src/diagnose/situation.js";

const value = (shape: readonly number[], data: readonly number[]): TensorValue => ({
  shape,
  data: Float64Array.from(data),
});

/** Distinct numbers, so that only one order is the right one. */
const numbers = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) * 10);

function permuted(data: readonly number[], shape: readonly number[], order: readonly number[]): number[] {
  const out: number[] = [];
  const to = order.map((axis) => shape[axis] ?? 0);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const walk = (index: number[]): void => {
    if (index.length === to.length) {
      out.push(data[index.reduce((at, x, i) => at + x * (strides[order[i] ?? 0] ?? 0), 0)] ?? Number.NaN);
      return;
    }
    for (let x = 0; x < (to[index.length] ?? 0); x++) walk([...index, x]);
  };
  walk([]);
  return out;
}

describe("tensors inside a layer are recognised by their values", () => {
  it("the same values under another name, up to rounding", () => {
    const data = numbers(24);
    const found = findAgreements(
      [
        {
          name: "t1",
          value: value(
            [6, 4],
            data.map((x) => x * (1 + 2 ** -24)),
          ),
        },
      ],
      [{ name: "a:0", value: value([2, 3, 4], data) }],
    );
    expect(found.get("t1")).toEqual({ tensor: "a:0", how: "same", permute: null });
  });

  it("split into heads of another size is not agreement: the same values fit any shape", () => {
    const data = numbers(24);
    const original = [{ name: "a:0", value: value([2, 12], data) }];
    expect(findAgreements([{ name: "t", value: value([2, 4, 3], data) }], original).get("t")?.how).toBe("reshaped");
    const split = [...original, { name: "b:0", value: value([2, 4, 3], data) }];
    expect(findAgreements([{ name: "t", value: value([2, 4, 3], data) }], split).get("t")).toMatchObject({
      tensor: "b:0",
      how: "same",
    });
  });

  it("an error of a ten-thousandth is another tensor: it may be the fault", () => {
    const data = numbers(24);
    const found = findAgreements(
      [
        {
          name: "t1",
          value: value(
            [24],
            data.map((x) => x * 1.0001),
          ),
        },
      ],
      [{ name: "a:0", value: value([24], data) }],
    );
    expect(found.size).toBe(0);
  });

  it("where the layer differs by little, what agrees inside must agree better than usual", () => {
    const data = numbers(24);
    const candidate = [
      {
        name: "t1",
        value: value(
          [24],
          data.map((x) => x * (1 + 2 ** -22)),
        ),
      },
    ];
    const original = [{ name: "a:0", value: value([24], data) }];
    expect(findAgreements(candidate, original).size).toBe(1);
    expect(findAgreements(candidate, original, 1 / 16).size).toBe(0);
  });

  it("any permutation of axes is found, with its order", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
        fc.constantFrom([2, 3, 4, 5], [3, 3, 2, 4], [2, 2, 2, 3]),
        (order, shape) => {
          const data = numbers(shape.reduce((a, b) => a * b, 1));
          const turned = permuted(data, shape, order);
          const own = value(
            order.map((axis) => shape[axis] ?? 0),
            turned,
          );
          const found = findAgreements([{ name: "t", value: own }], [{ name: "a:0", value: value(shape, data) }]).get(
            "t",
          );
          const identity = order.every((axis, i) => axis === i);
          // In the same shape again a permutation is suspicious; else it is another layout.
          const sameShape = order.every((axis, i) => shape[axis] === shape[i]);
          expect(found?.how).toBe(identity ? "same" : sameShape ? "reordered" : "permuted");
          // Equal sizes leave more than one order; the one that is named must give the values.
          if (found?.permute) expect(permuted(data, shape, found.permute)).toEqual(turned);
        },
      ),
    );
  });

  it("the same numbers in an order that no permutation gives are no agreement in order", () => {
    const data = numbers(24);
    const reversed = [...data].reverse();
    const found = findAgreements(
      [{ name: "t", value: value([4, 6], reversed) }],
      [{ name: "a:0", value: value([4, 6], data) }],
    );
    expect(found.get("t")?.how).toBe("reordered");
  });

  it("constant tensors and single numbers prove nothing and are left out", () => {
    const found = findAgreements(
      [
        { name: "zeros", value: value([4], [0, 0, 0, 0]) },
        { name: "one", value: value([], [3]) },
      ],
      [
        { name: "a:0", value: value([4], [0, 0, 0, 0]) },
        { name: "b:0", value: value([], [3]) },
      ],
    );
    expect(found.size).toBe(0);
  });

  it("a square tensor with its axes exchanged is not taken for agreement: query and key may be exchanged", () => {
    const data = numbers(25);
    const found = findAgreements(
      [{ name: "t", value: value([5, 5], permuted(data, [5, 5], [1, 0])) }],
      [{ name: "a:0", value: value([5, 5], data) }],
    );
    expect(found.get("t")).toEqual({ tensor: "a:0", how: "reordered", permute: [1, 0] });
  });

  it("NaN on both sides at the same place does not hide that the rest agrees", () => {
    const data = [...numbers(8), Number.NaN];
    const found = findAgreements([{ name: "t", value: value([9], data) }], [{ name: "a:0", value: value([9], data) }]);
    expect(found.get("t")?.how).toBe("same");
  });
});
