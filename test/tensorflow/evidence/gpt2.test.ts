import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/formats/tf-checkpoint.js";
import { readMetaGraph } from "../../../src/formats/tf-proto/read-files.js";
import { checkpointModel } from "../../../src/tensorflow/checkpoint-model.js";
import { findRegion } from "../../../src/tensorflow/evidence/find-region.js";
import { tensorName } from "../../../src/tensorflow/graph.js";
import { understandOriginal } from "../../../src/tensorflow/understand-original.js";
import { ROOT } from "../../helpers/python.js";

const PREFIX = join(ROOT, "examples/gpt2/models/tiny/model.ckpt");
const LAYERS = 4;

it("the whole of GPT-2 is understood: every layer's norms, scale, mask, softmax, gelu and residuals, and nothing else", () => {
  const original = understandOriginal(
    checkpointModel(readMetaGraph(`${PREFIX}.meta`), PREFIX, openCheckpoint(PREFIX)),
    null,
  );
  const region = findRegion(original, original.pass.outputs.map(tensorName)[0] ?? "", new Set());
  const count = new Map<string, number>();
  for (const pattern of region.patterns) count.set(pattern.kind, (count.get(pattern.kind) ?? 0) + 1);
  expect(Object.fromEntries(count)).toEqual({
    lookup: 2,
    normalisation: 2 * LAYERS + 1,
    matmul: 6 * LAYERS + 1,
    bias: 4 * LAYERS,
    residual: 2 * LAYERS,
    split: LAYERS,
    transpose: 4 * LAYERS,
    scale: LAYERS,
    mask: LAYERS,
    softmax: LAYERS,
    activation: LAYERS,
    // Before and behind each of four products, three parts into heads and back, and the logits.
    reshape: 12 * LAYERS + 2,
  });
  for (const pattern of region.patterns) {
    if (pattern.kind === "normalisation") expect(pattern).toMatchObject({ variant: "layer", epsilon: { value: 1e-5 } });
    if (pattern.kind === "activation") expect(pattern.name).toBe("gelu-tanh");
    if (pattern.kind === "scale") expect(pattern.factor.value).toBe(0.25);
    if (pattern.kind === "mask") expect(pattern).toMatchObject({ form: "multiply", constant: { value: -1e10 } });
    if (pattern.kind === "softmax") expect(pattern.axis).toBe(3);
  }
  const claimed = new Set(region.patterns.flatMap((pattern) => pattern.nodes));
  const open = region.ops.filter((op) => !claimed.has(op.node)).map((op) => op.op);
  // Sizes, the triangle that is visible, and the sum of the two embeddings.
  expect([...new Set(open)].sort()).toEqual([
    "AddV2",
    "Fill",
    "MatrixBandPart",
    "Pack",
    "Range",
    "Shape",
    "StridedSlice",
  ]);
});
