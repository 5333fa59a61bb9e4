import { describe, expect, it } from "vitest";
import { mergePlaces } from "../../src/diagnose/merge-places.js";
import type { Finding } from "../../src/diagnose/types.js";

const finding = (layer: number, more: Partial<Finding> = {}): Finding => ({
  cause: "transposed-weight",
  status: "confirmed",
  pair: `h.${layer}.attn`,
  pairs: [`h.${layer}.attn`],
  parameters: [`h.${layer}.attn.weight`],
  parameter: `h.${layer}.attn.weight`,
  source: { file: "port.py", line: 7 },
  message: "",
  evidence: ["square"],
  against: [],
  experiment: { change: `h.${layer}.attn.weight transposed`, errorBefore: layer + 1, errorAfter: 1e-7, floor: null },
  fix: `state["h.${layer}.attn.weight"] = w.T`,
  rewrite: null,
  ...more,
});

describe("one fault repeated in every layer", () => {
  it("is one finding with its places, the proof at the first of them and the code for all of them", () => {
    const [merged, ...others] = mergePlaces([finding(0), finding(1), finding(2)]);
    expect(others).toEqual([]);
    expect(merged?.parameters).toEqual(["h.0.attn.weight", "h.1.attn.weight", "h.2.attn.weight"]);
    expect(merged?.pairs).toHaveLength(3);
    // The proof is that of the place that is named.
    expect(merged?.experiment).toEqual(finding(0).experiment);
    expect(merged?.fix?.split("\n")).toHaveLength(3);
  });

  it("is not merged with another cause, another kind of parameter or what was not proved", () => {
    const other = finding(1, { parameters: ["h.1.mlp.weight"], parameter: "h.1.mlp.weight" });
    const all = [finding(0), other, finding(2, { cause: "missing-weight" }), finding(3, { status: "suspected" })];
    expect(mergePlaces(all)).toHaveLength(4);
  });

  it("a fused kernel and its bias that are laid out alike are one finding", () => {
    const laidOut = (name: string): Finding =>
      finding(0, { cause: "qkv-layout", parameters: [name], parameter: name, pair: "h.0.attn", pairs: ["h.0.attn"] });
    const [merged, ...others] = mergePlaces([laidOut("h.0.attn.c_attn.weight"), laidOut("h.0.attn.c_attn.bias")]);
    expect(others).toEqual([]);
    expect(merged?.parameters).toEqual(["h.0.attn.c_attn.weight", "h.0.attn.c_attn.bias"]);
  });

  it("one line of code that shows in two layers is one finding", () => {
    const code = { parameters: [], parameter: null, cause: "missing-residual" as const };
    const later = finding(0, { ...code, pair: "h.0", pairs: ["h.0"], experiment: null });
    const [merged, ...others] = mergePlaces([finding(0, code), later]);
    expect(others).toEqual([]);
    expect(merged?.pairs).toEqual(["h.0.attn", "h.0"]);
    expect(mergePlaces([finding(0, code), { ...later, source: { file: "port.py", line: 8 } }])).toHaveLength(2);
  });

  it("does not print a thousand lines of code", () => {
    const [merged] = mergePlaces(Array.from({ length: 100 }, (_, i) => finding(i)));
    expect(merged?.fix).toContain("and 76 more lines like these");
  });

  it("weights that all went through float16 are one slip, whatever they are called", () => {
    const rounded = (name: string): Finding =>
      finding(0, { cause: "reduced-precision", parameters: [name], parameter: name, pairs: [name], pair: name });
    expect(mergePlaces([rounded("wte.weight"), rounded("ln_f.bias")])).toHaveLength(1);
  });
});
