import { describe, expect, it } from "vitest";
import { assignWeights, type SameValues } from "../../src/align/assign-weights.js";
import type { CandidateParameter } from "../../src/align/types.js";

const parameter = (name: string, shape: readonly number[], sameAs: string | null = null): CandidateParameter => ({
  name,
  module: name.slice(0, Math.max(0, name.lastIndexOf("."))),
  moduleType: "Linear",
  shape,
  expectedLayout: "unknown",
  sameAs,
});
const variable = (key: string, shape: readonly number[]) => ({ key, shape });

/** Assignments as `parameter: [key, method]`; `values` says which number each tensor is full of. */
function assign(
  parameters: readonly CandidateParameter[],
  variables: readonly { key: string; shape: readonly number[] }[],
  values: Readonly<Record<string, number>> = {},
  map: Readonly<Record<string, string>> = {},
) {
  const same: SameValues = (key, name) => values[key] !== undefined && values[key] === values[name];
  return Object.fromEntries(
    assignWeights(parameters, variables, map, same).map((one) => [one.parameter, [one.key, one.matchedBy]]),
  );
}

describe("by name", () => {
  it("kernels, gains, biases and tables find their variables in both worlds' words", () => {
    const parameters = [
      parameter("wte.weight", [512, 64]),
      parameter("h.10.ln_1.weight", [64]),
      parameter("h.1.ln_1.weight", [64]),
      parameter("h.1.attn.c_attn.weight", [192, 64]),
      parameter("h.1.attn.c_attn.bias", [192]),
      parameter("bn.running_var", [8]),
    ];
    const variables = [
      variable("model/h1/ln_1/g", [64]),
      variable("model/h10/ln_1/g", [64]),
      variable("model/h1/attn/c_attn/b", [192]),
      variable("model/h1/attn/c_attn/w", [1, 64, 192]),
      variable("model/wte", [512, 64]),
      variable("bn/moving_variance", [8]),
    ];
    expect(assign(parameters, variables)).toEqual({
      "wte.weight": ["model/wte", "name"],
      "h.10.ln_1.weight": ["model/h10/ln_1/g", "name"],
      "h.1.ln_1.weight": ["model/h1/ln_1/g", "name"],
      "h.1.attn.c_attn.weight": ["model/h1/attn/c_attn/w", "name"],
      "h.1.attn.c_attn.bias": ["model/h1/attn/c_attn/b", "name"],
      "bn.running_var": ["bn/moving_variance", "name"],
    });
  });

  it("a swapped pair keeps its names: what it holds is for the diagnosis to say", () => {
    const parameters = [parameter("ln_1.weight", [64]), parameter("ln_2.weight", [64])];
    const variables = [variable("ln_1/gamma", [64]), variable("ln_2/gamma", [64])];
    const crossed = { "ln_1.weight": 2, "ln_2.weight": 1, "ln_1/gamma": 1, "ln_2/gamma": 2 };
    expect(assign(parameters, variables, crossed)["ln_1.weight"]).toEqual(["ln_1/gamma", "name"]);
  });

  it("an encoder's weight is not given to the decoder's parameter, whatever order they come in", () => {
    const parameters = [parameter("decoder.block.0.wi.weight", [4, 8]), parameter("encoder.block.0.wi.weight", [4, 8])];
    const variables = [
      variable("t5/encoder/block_0/wi/kernel", [8, 4]),
      variable("t5/decoder/block_0/wi/kernel", [8, 4]),
    ];
    expect(assign(parameters, variables)).toEqual({
      "decoder.block.0.wi.weight": ["t5/decoder/block_0/wi/kernel", "name"],
      "encoder.block.0.wi.weight": ["t5/encoder/block_0/wi/kernel", "name"],
    });
  });

  it("of another size is no match", () => {
    expect(assign([parameter("fc.weight", [4, 4])], [variable("fc/kernel", [4, 5])])).toEqual({});
  });
});

describe("by values", () => {
  it("finds a tensor under any name, where only it has these numbers", () => {
    const parameters = [parameter("layers.7.weight", [4, 8]), parameter("layers.9.weight", [4, 8])];
    const variables = [variable("a/w", [8, 4]), variable("b/w", [1, 8, 4])];
    const values = { "layers.7.weight": 2, "layers.9.weight": 1, "a/w": 1, "b/w": 2 };
    expect(assign(parameters, variables, values)).toEqual({
      "layers.7.weight": ["b/w", "values"],
      "layers.9.weight": ["a/w", "values"],
    });
  });

  it("never guesses between equal tensors: two all-zero biases stay open", () => {
    const parameters = [parameter("x.bias", [4]), parameter("y.bias", [4])];
    const variables = [variable("a/b", [4]), variable("c/b", [4])];
    expect(assign(parameters, variables, { "x.bias": 0, "y.bias": 0, "a/b": 0, "c/b": 0 })).toEqual({});
    expect(assign(parameters.slice(0, 1), variables, { "x.bias": 0, "a/b": 0, "c/b": 0 })).toEqual({});
    expect(assign(parameters, variables.slice(0, 1), { "x.bias": 0, "y.bias": 0, "a/b": 0 })).toEqual({});
  });

  it("gives equal biases to the modules whose kernels say where they belong", () => {
    const parameters = ["x", "y"].flatMap((name) => [
      parameter(`${name}.weight`, [4, 4]),
      parameter(`${name}.bias`, [4]),
    ]);
    const variables = ["a", "c"].flatMap((name) => [variable(`${name}/w`, [4, 4]), variable(`${name}/b`, [4])]);
    const values = { "x.weight": 2, "y.weight": 1, "a/w": 1, "c/w": 2, "x.bias": 0, "y.bias": 0, "a/b": 0, "c/b": 0 };
    expect(assign(parameters, variables, values)).toEqual({
      "x.weight": ["c/w", "values"],
      "x.bias": ["c/b", "name"],
      "y.weight": ["a/w", "values"],
      "y.bias": ["a/b", "name"],
    });
  });
});

describe("by likeness of names", () => {
  it("pairs each other's nearest", () => {
    const parameters = [parameter("h.0.attn.out_proj.weight", [4, 4]), parameter("h.1.attn.out_proj.weight", [4, 4])];
    const variables = [variable("h1/attn/proj/w", [4, 4]), variable("h0/attn/proj/w", [4, 4])];
    expect(assign(parameters, variables)).toEqual({
      "h.0.attn.out_proj.weight": ["h0/attn/proj/w", "name"],
      "h.1.attn.out_proj.weight": ["h1/attn/proj/w", "name"],
    });
  });

  it("leaves a tie open rather than giving a kernel to the wrong layer", () => {
    const parameters = [parameter("h.0.left_gate.weight", [4, 4]), parameter("h.0.right_gate.weight", [4, 4])];
    const variables = [variable("h0/up_gate/w", [4, 4]), variable("h0/down_gate/w", [4, 4])];
    expect(assign(parameters, variables)).toEqual({});
  });

  it("a query is never a key", () => {
    expect(assign([parameter("layer.0.attn.q.weight", [4, 4])], [variable("layer_0/attn/key/kernel", [4, 4])])).toEqual(
      {},
    );
  });
});

describe("the map and tied parameters", () => {
  it("the map decides before names, and its variable is given to nobody else", () => {
    const parameters = [parameter("a.weight", [4]), parameter("b.weight", [4])];
    const variables = [variable("a/g", [4]), variable("b/g", [4])];
    expect(assign(parameters, variables, {}, { "a/g": "b.weight" })).toEqual({ "b.weight": ["a/g", "map"] });
  });

  it("a variable that the map gives twice is used once", () => {
    const parameters = [parameter("a.weight", [4])];
    const found = assign(
      parameters,
      [variable("x/g", [4]), variable("y/g", [4])],
      {},
      { "x/g": "a.weight", "y/g": "a.weight" },
    );
    expect(found).toEqual({ "a.weight": ["x/g", "map"] });
  });

  it("a tied parameter takes no variable of its own", () => {
    const parameters = [parameter("wte.weight", [8, 4]), parameter("lm_head.weight", [8, 4], "wte.weight")];
    expect(assign(parameters, [variable("model/wte", [8, 4]), variable("model/lm_head/w", [8, 4])])).toEqual({
      "wte.weight": ["model/wte", "name"],
    });
  });
});
