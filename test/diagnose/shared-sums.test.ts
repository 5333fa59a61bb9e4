import { describe, expect, it } from "vitest";
import { proposeCauses } from "../../src/diagnose/propose.js";
import { joinShared } from "../../src/diagnose/shared-sums.js";
import type { WeightFact } from "../../src/diagnose/types.js";

const LAYERS = [{ pair: "lstm[0]", module: "lstm", failed: true }];

function fact(own: Partial<WeightFact>): WeightFact {
  return {
    parameter: "lstm.bias_ih_l0",
    shape: [24],
    kind: "parameter",
    module: "lstm",
    moduleType: "LSTM",
    source: null,
    key: "lstm/bias gates i,f,g,o",
    keyShape: [24],
    matchedBy: "name",
    transform: null,
    expected: "same",
    maxAbs: 1,
    equals: null,
    fresh: null,
    ...own,
  };
}

const doubled = { kind: "scaled", factor: 2, description: "twice the wanted ones", undo: null } as const;
const unrelated = { kind: "unrelated", cosine: 0, description: "unrelated", undo: null } as const;
const IH = fact({ relation: doubled, shared: { with: "lstm.bias_hh_l0", elements: 24, carries: true } });
const HH = fact({
  parameter: "lstm.bias_hh_l0",
  key: "0 (lstm/bias is in lstm.bias_ih_l0)",
  equals: IH.key,
  relation: unrelated,
  shared: { with: "lstm.bias_ih_l0", elements: 24, carries: false },
});

describe("two biases that are added", () => {
  it("are one fault with one repair of both when the bias is there twice, and no exchange of weights", () => {
    const found = proposeCauses([IH, HH], LAYERS);
    expect(found.map((one) => [one.cause, one.parameters])).toEqual([
      ["recurrent-bias", ["lstm.bias_ih_l0", "lstm.bias_hh_l0"]],
    ]);
    expect(found[0]?.repairs).toEqual([
      { kind: "load", parameter: "lstm.bias_ih_l0", key: IH.key },
      { kind: "load", parameter: "lstm.bias_hh_l0", key: HH.key },
    ]);
  });

  it("are left as they are where nothing is shared", () => {
    const alone = proposeCauses([fact({ relation: unrelated, moduleType: "Linear", parameter: "fc.bias" })], LAYERS);
    expect(joinShared(alone, [])).toEqual(alone);
  });
});

describe("a recurrent layer that was never loaded", () => {
  it("is called not loaded, bias and all, and not a wrong sum of biases", () => {
    const kernel = fact({ parameter: "lstm.weight_ih_l0", shape: [24, 12], keyShape: [12, 24], relation: unrelated });
    const found = proposeCauses([kernel, fact({ ...IH, relation: unrelated })], LAYERS);
    expect(found.map((one) => one.cause)).toEqual(["missing-weight", "missing-weight"]);
  });
});

describe("gates that were loaded in the checkpoint's own order", () => {
  it("are a matter of order, although the parameter equals a variable: it is the one that its own is made of", () => {
    const key = "gru/kernel gates r,z,n";
    const parts = ["gru/kernel"];
    const recipe = { kind: "variable", key: "gru/kernel" } as const;
    const order = { kind: "blocks", axis: 0, count: 3, order: [1, 0, 2], offsets: null } as const;
    const own = fact({
      parameter: "gru.weight_ih_l0",
      shape: [36, 12],
      key,
      equals: "gru/kernel",
      derived: { key, shape: [12, 36], parts, recipe },
      relation: { ...order, description: "in another order", undo: null },
    });
    expect(proposeCauses([own], LAYERS).map((one) => one.cause)).toEqual(["gate-order"]);
  });
});
