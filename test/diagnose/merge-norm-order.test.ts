import { describe, expect, it } from "vitest";
import { mergeNormOrder } from "../../src/diagnose/merge-norm-order.js";
import type { Finding } from "../../src/diagnose/types.js";

const finding = (more: Partial<Finding>): Finding => ({
  cause: "missing-residual",
  status: "confirmed",
  pair: "h.0.norm",
  pairs: ["h.0.norm"],
  parameters: [],
  parameter: null,
  source: { file: "port.py", line: 12 },
  message: "the original reads add:0 here, the port another tensor",
  evidence: [],
  against: [],
  experiment: { change: "add:0 read instead", errorBefore: 3, errorAfter: 1e-7, floor: null },
  fix: "# …",
  rewrite: null,
  ...more,
});
const behind = (more: Partial<Finding> = {}): Finding =>
  finding({
    cause: "extra-op",
    pair: "h.0.mlp",
    pairs: ["h.0.mlp"],
    experiment: { change: "add left out", errorBefore: 2, errorAfter: 1e-7, floor: null },
    ...more,
  });

describe("a norm on the wrong side of its residual", () => {
  it("is one finding where two repairs of one line say it: before the norm and behind it", () => {
    const [merged, ...others] = mergeNormOrder([finding({}), behind()]);
    expect(others).toEqual([]);
    expect(merged).toMatchObject({ cause: "norm-order", status: "confirmed", pairs: ["h.0.norm", "h.0.mlp"] });
    expect(merged?.message).toContain("port.py:12");
  });

  it("stays two findings on two lines, where one is only suspected, and where nothing is added too much", () => {
    for (const other of [
      behind({ source: { file: "port.py", line: 13 } }),
      behind({ status: "suspected" }),
      behind({ experiment: { change: "relu left out", errorBefore: 2, errorAfter: 0, floor: null } }),
    ])
      expect(mergeNormOrder([finding({}), other]).map((one) => one.cause)).toEqual(["missing-residual", other.cause]);
  });
});
