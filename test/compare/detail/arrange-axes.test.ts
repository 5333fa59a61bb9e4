import { expect, test } from "vitest";
import { arrangeAxes } from "../../../src/compare/detail/arrange-axes.js";

const TABLE: readonly (readonly [
  what: string,
  shape: number[],
  axes: string[],
  planes: number[],
  rows: number[],
  columns: number[],
])[] = [
  [
    "hidden states are token × channel, a plane per row of the batch",
    [3, 7, 64],
    ["batch", "token", "channel"],
    [0],
    [1],
    [2],
  ],
  ["time-major ones too", [7, 3, 64], ["token", "batch", "channel"], [1], [0], [2]],
  ["attention is query × key per head", [2, 4, 9, 9], ["batch", "head", "query", "key"], [0, 1], [2], [3]],
  ["images are height × width per channel", [2, 8, 20, 30], ["batch", "channel", "height", "width"], [0, 1], [2], [3]],
  ["with channels last as well", [2, 20, 30, 8], ["batch", "height", "width", "channel"], [0, 3], [1], [2]],
  [
    "many tiny channels are rows of one picture",
    [2, 512, 4, 4],
    ["batch", "channel", "height", "width"],
    [0],
    [1],
    [2, 3],
  ],
  ["also with channels last", [2, 4, 4, 512], ["batch", "height", "width", "channel"], [0], [1, 2], [3]],
  ["few tiny channels stay pictures", [1, 3, 4, 4], ["batch", "channel", "height", "width"], [0, 1], [2], [3]],
  ["pooled images are batch × channel", [6, 512, 1, 1], ["batch", "channel", "height", "width"], [2, 3], [0], [1]],
  ["one token is a single row", [1, 1, 64], ["batch", "token", "channel"], [0, 1], [], [2]],
  [
    "unknown axes: the last two",
    [2, 3, 4, 5, 6],
    ["axis 0", "axis 1", "axis 2", "axis 3", "axis 4"],
    [0, 1, 2],
    [3],
    [4],
  ],
  ["a matrix is as it is", [9, 10], ["batch", "channel"], [], [0], [1]],
  ["a vector is one row", [9], ["channel"], [], [], [0]],
  ["a scalar is one cell", [], [], [], [], []],
];

test.each(TABLE)("%s", (_what, shape, axes, planeAxes, rowAxes, columnAxes) => {
  const size = (list: readonly number[]): number => list.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
  expect(arrangeAxes(shape, axes)).toEqual({
    planeAxes,
    rowAxes,
    columnAxes,
    planes: size(planeAxes),
    rows: size(rowAxes),
    columns: size(columnAxes),
  });
});
