import { describe, expect, it } from "vitest";
import { conclude, unexplained } from "../../src/diagnose/conclude.js";
import { nearestLayer } from "../../src/diagnose/layer-of.js";
import { loadingCode } from "../../src/diagnose/loading-code.js";
import type { Hypothesis } from "../../src/diagnose/types.js";
import { fact, layer } from "./facts.js";

const hypothesis: Hypothesis = {
  cause: "swapped-weights",
  pairs: ["a", "b"],
  parameters: ["a.weight", "b.weight"],
  source: null,
  message: "a and b hold each other's weights",
  evidence: ["seen"],
  repairs: [],
  change: "exchanged",
  fix: "state[…] = …",
  prior: 0.9,
};
const repaired = { kind: "repaired", pairs: ["a", "b"], errorBefore: 5, errorAfter: 2e-7, floor: 1e-7 } as const;
const notRepaired = { kind: "not-repaired", pair: "b", errorBefore: 5, errorAfter: 0.25, failure: null } as const;

describe("what an experiment proves", () => {
  it("a cause is confirmed when every layer came to the noise, with the largest error before, the fix and all layers", () => {
    expect(conclude(hypothesis, repaired)).toMatchObject({
      status: "confirmed",
      pair: "a",
      pairs: ["a", "b"],
      fix: hypothesis.fix,
      experiment: { change: "exchanged", errorBefore: 5, errorAfter: 2e-7, floor: 1e-7 },
      parameter: "a.weight",
      evidence: ["seen"],
      against: [],
    });
  });

  it.each([
    ["the layer still differs", notRepaired, "with the change b still differs by 2.5e-1"],
    [
      "the layer could not be re-run",
      { ...notRepaired, errorAfter: null, failure: "it raised" },
      "b could not be re-run: it raised",
    ],
    ["nobody knows why not", { ...notRepaired, errorAfter: null }, "b could not be re-run"],
  ] as const)("%s: suspected, with what speaks against it, and no fix is shown", (_, proof, reason) => {
    const finding = conclude(hypothesis, proof);
    expect(finding).toMatchObject({ status: "suspected", pair: "b", pairs: ["b", "a"], fix: null, against: [reason] });
    expect(finding.experiment === null).toBe(proof.errorAfter === null);
  });

  it("a repair in no layer at all has no place", () => {
    expect(conclude(hypothesis, { ...repaired, pairs: [] })).toMatchObject({ pair: null, pairs: [] });
  });
});

describe("a difference that nothing explains", () => {
  it("is said to lie between two tensors, and no more", () => {
    expect(unexplained(["h.0", "h.1"], null, null, "1.0e-2", []).message).toContain(
      "between the inputs and that of h.0",
    );
    expect(unexplained(["h.0", "h.1"], "wte", null, "1.0e-2", []).message).toContain("the output of wte");
    expect(unexplained(["h.0", "h.1"], null, null, "1.0e-2", [])).toMatchObject({
      status: "suspected",
      pair: "h.0",
      pairs: ["h.0", "h.1"],
      fix: null,
    });
  });
});

describe("the layer in which a parameter shows", () => {
  it("is its own module's, of several tensors the one that differs, else that of the nearest module around it", () => {
    const layers = [layer("h.0"), layer("h.0.attn", false), { pair: "h.0.attn[1]", module: "h.0.attn", failed: true }];
    expect(nearestLayer("h.0.attn.c_proj", layers)?.pair).toBe("h.0.attn[1]");
    expect(nearestLayer("h.0.mlp", layers)?.pair).toBe("h.0");
    expect(nearestLayer("h.01", layers)).toBeUndefined();
    expect(nearestLayer("wte", [layer("")])?.module).toBe("");
  });
});

describe("the code that loads a variable", () => {
  it("turns a kernel for nn.Linear, keeps it for Conv1D, and leaves vectors and tables as they are", () => {
    const tail = (more: Parameters<typeof fact>[1]) => loadingCode(fact("a.weight", more), "k").split('"k"))')[1];
    expect(tail({})).toBe(".reshape(4, 4).T.contiguous()");
    expect(tail({ expected: "same" })).toBe(".reshape(4, 4)");
    expect(tail({ keyShape: [8, 4], shape: [4, 8] })).toBe(".T.contiguous()");
    expect(tail({ keyShape: [8], shape: [8], expected: "same" })).toBe("");
  });
});
