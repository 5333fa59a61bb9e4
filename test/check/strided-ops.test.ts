import { describe, expect, it } from "vitest";
import { findStridedOps } from "../../src/check/find-strided-ops.js";
import { writeModels } from "../tensorflow/originals.js";

const models = writeModels("formulas.py", "pictures");

describe("convolutions and poolings that step by more than one", () => {
  it("are found in the original's forward pass by their strides, and those that step by one, or are not needed, are not", () => {
    const found = findStridedOps(
      models.understand("pictures", ["plain", "explicit", "depthwise", "max_pool", "mean_pool"]),
    );
    expect(found.map((name) => name.split("/").at(-1)).sort()).toEqual(["Conv2D", "Conv2D", "MaxPool2d"]);
    expect(findStridedOps(models.understand("pictures", ["depthwise"]))).toEqual([]);
    expect(findStridedOps(models.understand("pictures", ["average_pool"]))).toHaveLength(1);
  });
});
