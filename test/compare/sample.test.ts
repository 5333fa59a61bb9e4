import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyLayout } from "../../src/compare/apply-layout.js";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { choosePlaces } from "../../src/compare/sample/choose-places.js";
import { compareWithSketch, type Sketched } from "../../src/compare/sample/compare-with-sketch.js";
import { takeSample } from "../../src/compare/sample/take-sample.js";
import type { Layout } from "../../src/compare/types.js";
import { elementCount } from "../../src/formats/dtype.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import type { LazyTensor } from "../../src/formats/types.js";
import { float32 } from "./memory-tensor.js";

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

function sketchOf(tensor: LazyTensor, elements: number, seed = 7): Sketched {
  const { values, channels } = takeSample(tensor, choosePlaces(tensor.shape, elements, seed));
  return {
    name: tensor.name,
    shape: tensor.shape,
    seed,
    sample: float32([...values]),
    channels: float32([...channels], [4, channels.length / 4]),
  };
}

/** Numbers of which no two are alike. */
function different(shape: readonly number[]): number[] {
  return Array.from({ length: elementCount(shape) }, (_, i) => Math.fround(Math.sin(i + 1) * (1 + i / 100)));
}

describe("the elements that a sketch keeps", () => {
  it("are distinct, in ascending order, within the tensor, and the same each time", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 200 }), fc.nat(), (shape, count, seed) => {
        const places = [...choosePlaces(shape, count, seed)];
        expect(places).toEqual([...choosePlaces(shape, count, seed)]);
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        expect(places.every((place) => place >= 0 && place < elementCount(shape))).toBe(true);
        expect(places.length).toBe(Math.min(count, elementCount(shape)));
      }),
    );
  });

  it("leave out no token and no channel of a hidden state of GPT-2", () => {
    const [tokens, channels] = [128, 768];
    const places = [...choosePlaces([1, tokens, channels], 4096, 1)];
    expect(places.length).toBe(4096);
    expect(new Set(places.map((place) => Math.floor(place / channels))).size).toBe(tokens);
    expect(new Set(places.map((place) => place % channels)).size).toBe(channels);
    const perToken = Array.from(
      { length: tokens },
      (_, t) => places.filter((p) => Math.floor(p / channels) === t).length,
    );
    expect(new Set(perToken)).toEqual(new Set([32]));
  });

  it("are the ones they always were: a golden holds their values only", () => {
    // Written down when the choice was made.
    expect([...choosePlaces([4, 5], 6, 3)]).toMatchInlineSnapshot(`
      [
        0,
        1,
        9,
        12,
        13,
        15,
      ]
    `);
  });
});

describe("figures of the channels", () => {
  it("are those of every element, not of the kept ones", () => {
    const tensor = float32([1, 10, -3, 20, 5, -60], [3, 2]);
    const { values, channels } = takeSample(tensor, Float64Array.of(1, 4));
    expect([...values]).toEqual([10, 5]);
    expect([...channels]).toEqual([
      1,
      -10,
      Math.sqrt((1 + 9 + 25) / 3),
      Math.sqrt((100 + 400 + 3600) / 3),
      -3,
      -60,
      5,
      20,
    ]);
  });
});

describe("a tensor against a sketch of another", () => {
  const layouts: readonly (readonly [string, readonly number[], readonly number[], Layout])[] = [
    ["the same order", [6, 8], [6, 8], { permute: null, reshape: null }],
    ["batch and time merged", [2, 3, 8], [6, 8], { permute: null, reshape: [6, 8] }],
    ["channels first", [2, 3, 4, 5], [2, 5, 3, 4], { permute: [0, 3, 1, 2], reshape: null }],
    ["channels first and flattened", [2, 3, 4, 5], [2, 60], { permute: [0, 3, 1, 2], reshape: [2, 60] }],
    ["split before it is turned", [6, 5], [3, 2, 5], { reshapeFirst: [2, 3, 5], permute: [1, 0, 2], reshape: null }],
  ];

  it.each(layouts)("of all elements gives what the whole tensors give: %s", (_, from, to, layout) => {
    const reference = float32(different(from), from);
    const turned = new Float32Array(readTensor(applyLayout(reference, layout)).buffer);
    const worst = Math.floor(turned.length / 3);
    const candidate = float32(
      [...turned].map((value, i) => Math.fround(value + (i === worst ? 0.75 : 1e-3))),
      to,
    );
    const whole = compareTensors(reference, candidate, { layout });
    const sketched = compareWithSketch(sketchOf(reference, 1000), candidate, { layout });
    expect(sketched.maxAbs).toEqual(whole.maxAbs);
    expect(sketched.count).toBe(whole.count);
    for (const key of ["rms", "relativeL2", "cosine", "rmsReference", "smallestTolerance"] as const)
      expect(sketched[key]).toBeCloseTo(whole[key], 6);
  });

  it("shows a fault in an element that is not kept by its channel", () => {
    const shape = [32, 64];
    const reference = float32(different(shape), shape);
    const kept = new Set(choosePlaces(shape, 100, 7));
    const place = different(shape).findIndex((_, i) => !kept.has(i));
    const candidate = float32(
      different(shape).map((value, i) => (i === place ? 1e3 : value)),
      shape,
    );
    const metrics = compareWithSketch(sketchOf(reference, 100), candidate);
    expect(metrics.maxAbs?.value).toBeGreaterThan(100);
    expect(metrics.maxAbs?.index[1]).toBe(place % 64);
    expect(metrics.identical).toBe(false);
  });

  it("has no error where there is none, in whatever order", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 60 }), (shape, count) => {
        const tensor = float32(different(shape), shape);
        const metrics = compareWithSketch(sketchOf(tensor, count), tensor);
        expect(metrics.maxAbs?.value ?? 0).toBe(0);
        expect(metrics.rms).toBe(0);
        expect(metrics.nonFiniteMismatch).toBeNull();
      }),
    );
  });

  it("never passes over a NaN that only one side has, kept or not", () => {
    const shape = [32, 64];
    const reference = float32(different(shape), shape);
    for (const place of [0, 17, 1000, 2047]) {
      const candidate = float32(
        different(shape).map((value, i) => (i === place ? Number.NaN : value)),
        shape,
      );
      expect(compareWithSketch(sketchOf(reference, 64), candidate).nonFiniteMismatch).not.toBeNull();
      expect(compareWithSketch(sketchOf(candidate, 64), candidate).nonFiniteMismatch).toBeNull();
    }
  });

  it("counts what a tolerance does not allow", () => {
    const shape = [8, 8];
    const reference = float32(different(shape), shape);
    const candidate = float32(
      different(shape).map((value) => value + 1),
      shape,
    );
    const bounds = { atol: 0.5, rtol: 0 };
    expect(compareWithSketch(sketchOf(reference, 16), candidate, { bounds }).overTolerance?.count).toBe(16);
    expect(compareWithSketch(sketchOf(reference, 16), reference, { bounds }).overTolerance?.count).toBe(0);
  });
});
