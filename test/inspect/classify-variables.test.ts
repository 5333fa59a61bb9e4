import { describe, expect, it } from "vitest";
import { classifyVariables } from "../../src/inspect/classify-variables.js";

function kindsOf(names: readonly string[], shape: readonly number[] = [4, 4]): Record<string, string> {
  const variables = names.map((name) => ({ name, key: name, dtype: "float32", shape }));
  const kinds = classifyVariables(variables);
  return Object.fromEntries(names.map((name, i) => [name, kinds[i]?.kind ?? ""]));
}

describe("what a variable is for", () => {
  it.each([
    ["TF1 Adam", ["m/w", "m/w/Adam", "m/w/Adam_1"]],
    ["an optimizer in a scope of its own", ["m/w", "train/m/w/Adam", "OptimizeLoss/m/w/Momentum"]],
    ["BERT", ["bert/k", "bert/k/adam_m", "bert/k/adam_v"]],
    ["T5's Adafactor", ["enc/q", "enc/q_slot_vr", "enc/q_slot_vc", "enc/q_slot_m"]],
  ])("slots of %s belong to their variable and are not counted", (_, [first = "", ...slots]) => {
    expect(kindsOf([first, ...slots])).toEqual({
      [first]: "parameter",
      ...Object.fromEntries(slots.map((name) => [name, "slot"])),
    });
  });

  it("a parameter that is called like a slot stays one where nothing is beside it", () => {
    expect(kindsOf(["block/m", "block/v", "model/momentum", "x/Adam"])).toEqual({
      "block/m": "parameter",
      "block/v": "parameter",
      "model/momentum": "parameter",
      "x/Adam": "parameter",
    });
  });

  it("moving averages are apart, moving statistics are used by the model", () => {
    expect(
      kindsOf(["w", "w/ExponentialMovingAverage", "bn/moving_mean", "bn.running_var", "ema.h.w", "h.w", "ema.z"]),
    ).toEqual({
      w: "parameter",
      "w/ExponentialMovingAverage": "average",
      "bn/moving_mean": "statistic",
      "bn.running_var": "statistic",
      "ema.h.w": "average",
      "h.w": "parameter",
      "ema.z": "parameter",
    });
  });

  it("steps, rates and powers are bookkeeping", () => {
    const names = ["global_step", "beta1_power", "train/beta2_power", "save_counter", "optimizer/iter", "lr"];
    expect(new Set(Object.values(kindsOf(names, [])))).toEqual(new Set(["bookkeeping"]));
  });
});
