import { describe, expect, test } from "vitest";
import {
  formatCount,
  formatError,
  formatRatio,
  formatSeconds,
  formatShape,
  formatShare,
  formatValue,
} from "../../src/report/format-number.js";

describe("numbers read the same everywhere", () => {
  test.each([
    [4.4e-7, "4.4e-7"],
    [3.1, "3.1e+0"],
    [0, "0"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NaN, "NaN"],
  ])("an error of %f is written %s", (value, text) => {
    expect(formatError(value)).toBe(text);
  });

  test.each([
    [1.2, "×1.2"],
    [9.97, "×10"],
    [410, "×410"],
    [9_999.7, "×1.0e4"],
    [5.4e5, "×5.4e5"],
    [0.07, "×0.07"],
    [0, "×0"],
    [2e-4, "×2e-4"],
    [Number.POSITIVE_INFINITY, "×∞"],
  ])("a ratio of %f is written %s", (value, text) => {
    expect(formatRatio(value)).toBe(text);
  });

  test("durations, counts, shapes, shares and values", () => {
    expect([0.004, 4.07, 59.97, 125].map(formatSeconds)).toEqual(["4 ms", "4.1 s", "1 min 00 s", "2 min 05 s"]);
    expect([formatCount(1, "pair"), formatCount(1000, "pair")]).toEqual(["1 pair", "1,000 pairs"]);
    expect([formatShape([768, 768]), formatShape([])]).toEqual(["768×768", "scalar"]);
    expect([formatShare(1e-6), formatShare(0.0031), formatShare(0)]).toEqual(["< 0.01 %", "0.31 %", "0 %"]);
    expect([formatValue(1.5), formatValue(-2.25e-5), formatValue(0)]).toEqual(["1.5", "-2.250e-5", "0"]);
  });
});
