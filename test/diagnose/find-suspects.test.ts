import { describe, expect, it } from "vitest";
import { findOriginalSuspects, findSuspects, firstWrongOp } from "../../src/diagnose/find-suspects.js";
import type { Agreement } from "../../src/diagnose/situation.js";
import type { Trace, TracedOp } from "../../src/runners/edits.js";
import type { OriginalOp, OriginalRegion } from "../../src/tensorflow/evidence/types.js";

const op = (index: number, name: string, inputs: string[], output: string): TracedOp => ({
  key: { module: "mlp", call: 1, index, name },
  qualname: `torch.${name}`,
  moduleType: "MLP",
  names: [],
  args: inputs.map((tensor) => ({ tensor })),
  kwargs: {},
  outputs: [output],
  source: { file: "port.py", line: 10 + index },
});

/** x → a = mul → b = gelu → c = add(b, x) → observed. */
const ops = [op(0, "mul", ["x"], "a"), op(1, "gelu", ["a"], "b"), op(2, "add", ["b", "x"], "c")];
const trace: Trace = {
  tap: "mlp",
  ops,
  tensors: [
    { id: "x", shape: [4], dtype: "float32", origin: { kind: "tap", tap: "ln" }, stored: true },
    ...ops.map((one, i) => ({
      id: one.outputs[0] ?? "",
      shape: [4],
      dtype: "float32",
      origin: { kind: "op", op: i } as const,
      stored: true,
    })),
  ],
  observed: "c",
  file: null,
  reason: null,
};
const agreement = (tensor: string, how: Agreement["how"] = "same"): Agreement => ({ tensor, how, permute: null });

describe("calls from which a difference can come", () => {
  it("are all of the layer when nothing inside agrees", () => {
    expect(findSuspects(trace, new Map()).map((one) => one.key.name)).toEqual(["mul", "gelu", "add"]);
  });

  it("end where the candidate's tensor is the original's", () => {
    const found = findSuspects(trace, new Map([["a", agreement("m:0")]]));
    expect(found.map((one) => one.key.name)).toEqual(["gelu", "add"]);
    expect(firstWrongOp(trace, found, new Map([["a", agreement("m:0")]]))?.key.name).toBe("gelu");
  });

  it("go on behind a tensor with the same numbers in another order: the order may be the fault", () => {
    const found = findSuspects(trace, new Map([["a", agreement("m:0", "reordered")]]));
    expect(found.map((one) => one.key.name)).toContain("mul");
  });

  it("include the last call even when the layer's own output looks like some other tensor", () => {
    expect(findSuspects(trace, new Map([["c", agreement("m:0")]])).length).toBeGreaterThan(0);
  });
});

describe("the original's side", () => {
  const original = (node: string, inputs: string[]): OriginalOp => ({
    node,
    op: "Mul",
    inputs,
    outputs: [`${node}:0`],
    attributes: {},
  });
  const region: OriginalRegion = {
    target: "out:0",
    ops: [original("m", ["x:0"]), original("g", ["m:0"]), original("out", ["g:0", "x:0"])],
    sources: ["x:0"],
    readable: ["m:0", "g:0", "out:0"],
    constants: new Map(),
    variables: new Map(),
    patterns: [],
  };

  it("is cut at the tensors that the candidate has, too", () => {
    const found = findOriginalSuspects(region, new Map([["a", agreement("m:0")]]));
    expect(found.map((one) => one.node)).toEqual(["g", "out"]);
  });

  it("is not cut at the target itself", () => {
    const found = findOriginalSuspects(region, new Map([["a", agreement("out:0")]]));
    expect(found.map((one) => one.node)).toEqual(["m", "g", "out"]);
  });
});
