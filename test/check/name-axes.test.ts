import { describe, expect, it } from "vitest";
import { sizeOfDetails } from "../../src/check/detail-size.js";
import { nameAxes } from "../../src/check/name-axes.js";

/** A tensor in several cases; the sizes of a model of texts, or of images only. */
const text = (...cases: [shape: number[], batch: number, tokens: number][]) =>
  cases.map(([shape, batch, tokens]) => ({ shape, batch, tokens }));
const images = (shape: number[], batch: number | null = 2) => [{ shape, batch, tokens: null }];

describe("what the axes of a layer's output are called", () => {
  it("batch, token and channel of hidden states, by the cases' sizes", () => {
    expect(nameAxes(text([[3, 7, 64], 3, 7]), "LayerNorm")).toEqual(["batch", "token", "channel"]);
    expect(nameAxes(text([[3, 7, 50], 3, 7]), "Block")).toEqual(["batch", "token", "channel"]);
    expect(nameAxes(text([[7, 3, 64], 3, 7]), "LSTM")).toEqual(["token", "batch", "channel"]);
    expect(nameAxes(text([[7, 64], 3, 7]), "Embedding")).toEqual(["token", "channel"]);
    expect(nameAxes(text([[21, 64], 3, 7]), "Linear")).toEqual(["batch·token", "channel"]);
    expect(nameAxes(text([[3, 10], 3, 7]), "Linear")).toEqual(["batch", "channel"]);
  });

  it("an attention's weights are query × key per head, what its heads give is token × channel", () => {
    expect(nameAxes(text([[3, 4, 7, 7], 3, 7]), "Softmax")).toEqual(["batch", "head", "query", "key"]);
    expect(nameAxes(text([[3, 4, 7, 16], 3, 7]), "Heads")).toEqual(["batch", "head", "token", "channel"]);
  });

  it("sizes that are the same by chance in one case are told apart by another", () => {
    const both = text([[1, 4, 16, 16], 1, 16], [[3, 4, 7, 16], 3, 7]);
    expect(nameAxes(both, "Heads")).toEqual(["batch", "head", "token", "channel"]);
    expect(nameAxes(text([[4, 4, 9], 4, 4], [[7, 2, 9], 2, 7]), "Block")).toEqual(["token", "batch", "channel"]);
  });

  it("channels are second after convolutions and their like, and in any image of a model that convolves", () => {
    expect(nameAxes(images([2, 8, 20, 30]), "Conv2d")).toEqual(["batch", "channel", "height", "width"]);
    expect(nameAxes(images([2, 8, 20, 30], null), "BatchNorm2d")).toEqual(["batch", "channel", "height", "width"]);
    expect(nameAxes(images([2, 8, 20, 30]), "Block", true)).toEqual(["batch", "channel", "height", "width"]);
    expect(nameAxes(text([[3, 8, 7], 3, 7]), "Conv1d")).toEqual(["batch", "channel", "token"]);
    expect(nameAxes(images([2, 5, 4, 6, 3]), "Conv3d")).toEqual(["batch", "channel", "axis 2", "axis 3", "axis 4"]);
  });

  it("says nothing that is not known", () => {
    expect(nameAxes(images([5, 9, 4], null), "Block")).toEqual(["axis 0", "axis 1", "axis 2"]);
    expect(nameAxes(images([5, 9, 4, 4], null), "Block")).toEqual(["axis 0", "axis 1", "axis 2", "axis 3"]);
    expect(nameAxes(text([[], 3, 7]), "Block")).toEqual([]);
    expect(nameAxes(text([[12], 3, 7]), "Block")).toEqual(["axis 0"]);
  });
});

describe("how much of each layer is shown", () => {
  it("a single layer that differs is shown in full, a healthy one small", () => {
    expect(sizeOfDetails("differing", 1)).toMatchObject({ cells: [128, 192], planes: 8 });
    expect(sizeOfDetails("healthy", 1)).toMatchObject({ cells: [24, 48], planes: 2 });
  });

  it("all layers together stay within a few megabytes, however many there are", () => {
    for (const kind of ["differing", "healthy"] as const)
      for (const count of [1, 10, 148, 1000, 3000]) {
        const { cells, planes, worst } = sizeOfDetails(kind, count);
        expect(cells[0] * cells[1] * planes * 5 * count).toBeLessThan(2.6e6);
        expect(worst).toBeGreaterThan(0);
      }
  });
});
