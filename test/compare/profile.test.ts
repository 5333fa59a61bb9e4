import { expect, test } from "vitest";
import { profileTensors } from "../../src/compare/profile.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import { float32, tensorOf } from "./memory-tensor.js";

test("the error of one channel shows in that channel's entry and no other", () => {
  const reference = float32([1, 2, 3, 4, 5, 6], [2, 1, 3]);
  const candidate = float32([1, 2, 3.5, 4, 5, 6.25], [2, 1, 3]);
  expect(profileTensors(reference, candidate, SAME_LAYOUT)).toEqual([
    { axis: 0, size: 2, maxAbs: [0.5, 0.25], rms: [Math.sqrt(0.25 / 3), Math.sqrt(0.0625 / 3)] },
    { axis: 2, size: 3, maxAbs: [0, 0, 0.5], rms: [0, 0, Math.sqrt((0.25 + 0.0625) / 2)] },
  ]);
});

test("places with a non-finite value count in no slice; a slice of nothing else is 0", () => {
  const reference = float32([Number.NaN, 1, Number.NaN, 2], [2, 2]);
  const candidate = float32([0, 1.5, 0, 2], [2, 2]);
  expect(profileTensors(reference, candidate, SAME_LAYOUT)).toEqual([
    { axis: 0, size: 2, maxAbs: [0.5, 0], rms: [0.5, 0] },
    { axis: 1, size: 2, maxAbs: [0, 0.5], rms: [0, Math.sqrt(0.125)] },
  ]);
});

test("axes are the candidate's when the layout turns the reference", () => {
  const profiles = profileTensors(float32([1, 2, 3, 4, 5, 6], [2, 3]), float32([1, 4, 2, 5, 3, 7], [3, 2]), {
    permute: [1, 0],
    reshape: null,
  });
  expect(profiles.map(({ maxAbs }) => maxAbs)).toEqual([
    [0, 0, 1],
    [0, 1],
  ]);
});

test("rows longer than a block and blocks of many rows give the same sums as one element at a time", () => {
  for (const shape of [
    [2, 70001],
    [40001, 3],
  ]) {
    const count = shape.reduce((a, b) => a * b);
    const zeros = new Float32Array(count);
    const ones = zeros.map((_, i) => i % 5);
    const [first, last] = profileTensors(
      tensorOf("float32", shape, zeros),
      tensorOf("float32", shape, ones),
      SAME_LAYOUT,
    );
    const [rows = 0, columns = 0] = shape;
    for (const row of [0, rows - 1]) {
      const slice = ones.subarray(row * columns, (row + 1) * columns);
      expect(first?.maxAbs[row]).toBe(Math.max(...slice.subarray(0, 100)));
      expect(first?.rms[row]).toBeCloseTo(Math.sqrt(slice.reduce((sum, v) => sum + v * v, 0) / columns), 12);
    }
    const column = ones.filter((_, i) => i % columns === 1);
    expect(last?.rms[1]).toBeCloseTo(Math.sqrt(column.reduce((sum, v) => sum + v * v, 0) / rows), 12);
  }
});

test("scalars and empty tensors have no axis to show", () => {
  expect(profileTensors(float32([1], []), float32([2], []), SAME_LAYOUT)).toEqual([]);
  const empty = float32([], [0, 4]);
  expect(profileTensors(empty, empty, SAME_LAYOUT)).toEqual([]);
});
