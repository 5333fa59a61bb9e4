import { expect, test } from "vitest";
import {
  divergingColor,
  inkOn,
  type Rgb,
  sequentialColor,
} from "../../../../../src/report/html/page/chart/color-map.js";

/** WCAG 2.2, relative luminance and contrast ratio, written down anew. */
function luminance(color: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const steps = Array.from({ length: 101 }, (_, at) => at / 100);

test("a larger error is always lighter, so the map is read without colours too", () => {
  const lights = steps.map((share) => luminance(sequentialColor(share)));
  expect([...lights].sort((a, b) => a - b)).toEqual(lights);
});

test("signed values are lightest at zero and darken towards both ends", () => {
  const lights = steps.map((share) => luminance(divergingColor(share)));
  expect([...lights].sort((a, b) => b - a)).toEqual(lights);
  const negative = steps.map((share) => luminance(divergingColor(-share)));
  expect([...negative].sort((a, b) => b - a)).toEqual(negative);
});

test("figures on every colour of both maps can be read", () => {
  const colors: Rgb[] = steps.flatMap((share) => [
    sequentialColor(share),
    divergingColor(share),
    divergingColor(-share),
  ]);
  for (const color of colors) {
    expect(contrast(luminance(color), inkOn(color) === "#000" ? 0 : 1)).toBeGreaterThan(4.5);
  }
});
