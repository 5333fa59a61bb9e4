import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReferenceUse } from "../../src/align/types.js";
import { align, moduleTap, pairsOf, scopeTap } from "./taps.js";

const X = [2, 7, 64];
const use = (tap: string, kind: ReferenceUse["use"] = "compute"): ReferenceUse => ({ tap, use: kind, node: tap });

describe("the user's map", () => {
  it("goes before names, by scope, tap or tensor", () => {
    const reference = [scopeTap("model/a", X), scopeTap("model/b", X), scopeTap("model/c", X)];
    const candidate = [moduleTap("a", X), moduleTap("b", X), moduleTap("c", X)];
    const map = { "model/a": "b", "model/b/out:0": "a" };
    expect(pairsOf(align({ reference, candidate, map }))).toEqual({
      a: ["model/b", "map"],
      b: ["model/a", "map"],
      c: ["model/c", "name"],
    });
  });

  it("pairs nothing whose shapes cannot agree", () => {
    const map = { "model/a": "b" };
    const result = align({ reference: [scopeTap("model/a", [64, 7, 2])], candidate: [moduleTap("b", X)], map });
    expect(result.pairs).toEqual([]);
  });
});

describe("outputs", () => {
  const output = (id: string, shape: readonly number[]) => scopeTap(id, shape, { isOutput: true, kind: "output" });

  it("of one shape are paired by name, however they are ordered", () => {
    const reference = [output("model/first", X), output("model/boxes", X), output("model/classes", X)];
    const candidate = [
      moduleTap("(output)[classes]", X),
      moduleTap("(output)[other]", X),
      moduleTap("(output)[boxes]", X),
    ];
    expect(pairsOf(align({ reference, candidate }))).toEqual({
      "(output)[classes]": ["model/classes", "output"],
      "(output)[other]": ["model/first", "output"],
      "(output)[boxes]": ["model/boxes", "output"],
    });
  });

  it("of different shapes are paired by shape, and surely", () => {
    const reference = [output("model/add", [2, 4]), output("model/mul", [2, 9])];
    const candidate = [moduleTap("(output)[0]", [2, 9]), moduleTap("(output)[1]", [2, 4])];
    const { pairs } = align({ reference, candidate });
    expect(pairs.map((pair) => [pair.candidate, pair.reference, pair.confidence])).toEqual([
      ["(output)[0]", "model/mul", 1],
      ["(output)[1]", "model/add", 1],
    ]);
  });

  it("of one shape and no name are paired in order, and said to be less sure", () => {
    const reference = [output("model/add", X), output("model/mul", X)];
    const candidate = [moduleTap("(output)[0]", X), moduleTap("(output)[1]", X)];
    const { pairs } = align({ reference, candidate });
    expect(pairs.map((pair) => pair.reference)).toEqual(["model/add", "model/mul"]);
    expect(pairs[0]?.confidence).toBeLessThan(0.9);
  });

  it("that no tensor of the port can be are listed as unmatched outputs", () => {
    const { unmatched } = align({ reference: [output("logits", [2, 9])], candidate: [moduleTap("(output)", [2, 8])] });
    expect(unmatched.reference).toEqual([{ id: "logits", isOutput: true, why: expect.any(String) }]);
    expect(unmatched.candidate).toEqual([{ id: "(output)", isOutput: true, why: expect.any(String) }]);
  });
});

describe("names", () => {
  it("pair a module with what its scope gives, not with a tensor on the way", () => {
    const reference = [scopeTap("model/h0[split]", X), scopeTap("model/h0", X)];
    const [pair] = align({ reference, candidate: [moduleTap("h.0", X)] }).pairs;
    expect(pair).toMatchObject({ reference: "model/h0", matchedBy: "name", confidence: 1 });
  });

  it("leave tensors that only enter a scope to other modules", () => {
    const reference = [scopeTap("model/add", X, { kind: "entering" })];
    expect(align({ reference, candidate: [moduleTap("a", [3, 3]), moduleTap("add", X)] }).pairs[0]?.matchedBy).toBe(
      "structure",
    );
  });

  it("give a module with several outputs of one shape one partner for one of them", () => {
    const reference = [scopeTap("model/lstm", X)];
    const result = align({ reference, candidate: [moduleTap("lstm[0]", X), moduleTap("lstm[1.0]", X)] });
    expect(result.pairs.map((pair) => [pair.candidate, pair.confidence < 0.9])).toEqual([["lstm[0]", true]]);
    expect(result.unmatched.candidate.map((tap) => tap.id)).toEqual(["lstm[1.0]"]);
  });

  it("tell the encoder's block 0 from the decoder's", () => {
    const reference = [scopeTap("t5/encoder/block_0", X), scopeTap("t5/decoder/block_0", X)];
    const candidate = [moduleTap("decoder.block.0", X), moduleTap("encoder.block.0", X)];
    const scopes = reference.map(({ path }) => ({ path, tap: path, keys: new Set<string>(), ownsKeys: true }));
    expect(pairsOf(align({ reference, candidate, scopes }))).toEqual({
      "decoder.block.0": ["t5/decoder/block_0", "name"],
      "encoder.block.0": ["t5/encoder/block_0", "name"],
    });
  });

  it("do not pair the fourth entry of a flat list with block 4 when its weights come from elsewhere", () => {
    const reference = [scopeTap("model/ln_f", X), scopeTap("model/h4", X)];
    const scopes = [
      { path: "model/ln_f", tap: "model/ln_f", keys: new Set(["model/ln_f/g"]), ownsKeys: true },
      { path: "model/h4", tap: "model/h4", keys: new Set(["model/h4/w"]), ownsKeys: true },
    ];
    const modules = [{ path: "layers.4", type: "LayerNorm", parameters: ["layers.4.weight"] }];
    const weights = [{ parameter: "layers.4.weight", key: "model/ln_f/g", matchedBy: "values" as const }];
    const candidate = [moduleTap("layers.4", X)];
    expect(pairsOf(align({ reference, candidate, scopes, modules, weights }))).toEqual({
      "layers.4": ["model/ln_f", "weights"],
    });
  });

  it("that are only alike pair what is each other's nearest, and leave a tie open", () => {
    const reference = [scopeTap("model/h0/mlp/up_proj", X), scopeTap("model/h0/mlp/gate_proj", X)];
    const nearest = align({ reference, candidate: [moduleTap("h.0.mlp.up_projection", X)] });
    expect(pairsOf(nearest)["h.0.mlp.up_projection"]?.[0]).toBe("model/h0/mlp/up_proj");
    const tie = align({ reference, candidate: [moduleTap("h.0.mlp.proj", [9]), moduleTap("h.0.mlp.wide_proj", X)] });
    expect(tie.pairs.every((pair) => pair.matchedBy !== "name")).toBe(true);
  });
});

describe("weights", () => {
  const scope = (path: string, ...keys: string[]) => ({ path, tap: path, keys: new Set(keys), ownsKeys: true });
  const weight = (parameter: string, key: string) => ({ parameter, key, matchedBy: "values" as const });

  it("pair modules whose names cross: the class head is called as the box head is", () => {
    const reference = [scopeTap("net/conv4_1/box", X), scopeTap("net/conv4_2/class", X)];
    const candidate = [moduleTap("heads.one", X), moduleTap("heads.two", X)];
    const modules = [
      { path: "heads.one", type: "Conv2d", parameters: ["heads.one.weight"] },
      { path: "heads.two", type: "Conv2d", parameters: ["heads.two.weight"] },
    ];
    const scopes = [scope("net/conv4_1/box", "box/w"), scope("net/conv4_2/class", "class/w")];
    const weights = [weight("heads.one.weight", "class/w"), weight("heads.two.weight", "box/w")];
    expect(pairsOf(align({ reference, candidate, modules, scopes, weights }))).toEqual({
      "heads.one": ["net/conv4_2/class", "weights"],
      "heads.two": ["net/conv4_1/box", "weights"],
    });
  });

  it("pair a tied table's lookup with the embedding and its product with the head", () => {
    const reference = [scopeTap("gather", X), scopeTap("product", [2, 7, 512])];
    const uses = new Map([["wte", [use("gather", "lookup"), use("product")]]]);
    const modules = [
      { path: "embed_in", type: "Embedding", parameters: ["embed_in.weight"] },
      { path: "head", type: "Linear", parameters: ["head.weight"] },
    ];
    const weights = [weight("embed_in.weight", "wte"), weight("head.weight", "wte")];
    const candidate = [moduleTap("embed_in", X), moduleTap("head", [2, 7, 512])];
    expect(pairsOf(align({ reference, candidate, modules, uses, weights }))).toEqual({
      embed_in: ["gather", "weights"],
      head: ["product", "weights"],
    });
  });

  it("pair the n-th call of a shared module with the n-th use of its weights", () => {
    const reference = [scopeTap("one/add", X), scopeTap("two/add", X)];
    const uses = new Map([
      ["w", [use("one/matmul"), use("two/matmul")]],
      ["b", [use("one/add"), use("two/add")]],
    ]);
    const modules = [{ path: "shared", type: "Linear", parameters: ["shared.weight", "shared.bias"] }];
    const weights = [weight("shared.weight", "w"), weight("shared.bias", "b")];
    const candidate = [moduleTap("shared", X), moduleTap("shared@2", X)];
    expect(pairsOf(align({ reference, candidate, modules, uses, weights }))).toEqual({
      shared: ["one/add", "weights"],
      "shared@2": ["two/add", "weights"],
    });
  });

  it("pair one of several outputs of a module, not all of them with the same tensor", () => {
    const uses = new Map([["w", [use("rnn/while")]]]);
    const modules = [{ path: "lstm", type: "LSTM", parameters: ["lstm.weight"] }];
    const candidate = [moduleTap("lstm[0]", X), moduleTap("lstm[1]", X)];
    const weights = [weight("lstm.weight", "w")];
    const result = align({ reference: [scopeTap("rnn/while", X)], candidate, modules, uses, weights });
    expect(Object.keys(pairsOf(result))).toEqual(["lstm[0]"]);
  });

  it("do not decide which call is which when the original uses them another number of times", () => {
    const uses = new Map([["w", [use("one"), use("two"), use("three")]]]);
    const modules = [{ path: "shared", type: "Linear", parameters: ["shared.weight"] }];
    const reference = [scopeTap("one", X), scopeTap("two", X), scopeTap("three", X)];
    const candidate = [moduleTap("shared", X), moduleTap("shared@2", X)];
    const result = align({ reference, candidate, modules, uses, weights: [weight("shared.weight", "w")] });
    expect(result.pairs.every((pair) => pair.matchedBy === "structure" && pair.confidence < 0.9)).toBe(true);
  });
});

describe("structure", () => {
  it("pairs what is left between two anchors, in order and by shape", () => {
    const reference = [
      scopeTap("a", X),
      scopeTap("p", [2, 7, 9]),
      scopeTap("q", [2, 7, 5]),
      scopeTap("b", X),
      scopeTap("r", [2, 7, 9]),
    ];
    const candidate = [moduleTap("a", X), moduleTap("m", [2, 7, 9]), moduleTap("n", [2, 7, 5]), moduleTap("b", X)];
    const result = align({ reference, candidate });
    expect(pairsOf(result)).toMatchObject({ m: ["p", "structure"], n: ["q", "structure"] });
    expect(result.unmatched.reference).toEqual([{ id: "r", isOutput: false, why: expect.any(String) }]);
  });

  it("does not reach across an anchor", () => {
    const reference = [scopeTap("a", X), scopeTap("p", [2, 7, 9])];
    const candidate = [moduleTap("m", [2, 7, 9]), moduleTap("a", X)];
    const result = align({ reference, candidate });
    expect(Object.keys(pairsOf(result))).toEqual(["a"]);
    expect(result.unmatched.candidate.map((tap) => tap.id)).toEqual(["m"]);
  });
});

describe("one tensor of the original under several names", () => {
  const same = { tensor: "model/mlp/add:0" };

  it("is paired with the module of each name, and is no unmatched tensor when one of them is", () => {
    const reference = [scopeTap("model/mlp/c_proj", X, same), scopeTap("model/mlp", X, same)];
    const both = align({ reference, candidate: [moduleTap("mlp.c_proj", X), moduleTap("mlp", X)] });
    expect(pairsOf(both)).toEqual({ "mlp.c_proj": ["model/mlp/c_proj", "name"], mlp: ["model/mlp", "name"] });
    const one = align({ reference, candidate: [moduleTap("mlp", X)] });
    expect(one.unmatched.reference).toEqual([]);
  });
});

describe("nothing is lost", () => {
  const shape = fc.constantFrom([2, 3], [3, 2], [6], [2, 3, 4], [1, 2, 3]);
  const scopes = fc.uniqueArray(
    fc.tuple(fc.constantFrom("model/h0", "model/h1", "model/h1/mlp", "model/ln_f", "out", "x[y]"), shape),
    { selector: ([id]) => id },
  );
  const modules = fc.uniqueArray(
    fc.tuple(fc.constantFrom("h.0", "h.0@2", "h.1[0]", "h.1[1]", "h.1.mlp", "ln_f", "(output)", "other"), shape),
    { selector: ([id]) => id },
  );

  it("every tap of the port and every tensor of the original is in exactly one place, with a reason", () => {
    fc.assert(
      fc.property(scopes, modules, fc.boolean(), (left, right, integers) => {
        const reference = left.map(([id, sizes]) => scopeTap(id, sizes, { isOutput: id === "out" }));
        const candidate = right.map(([id, sizes], i) =>
          moduleTap(id, sizes, integers && i === 0 ? { dtype: "int64" } : {}),
        );
        const { pairs, unmatched } = align({ reference, candidate });
        expect([...pairs.map((pair) => pair.candidate), ...unmatched.candidate.map((tap) => tap.id)].sort()).toEqual(
          candidate.map((tap) => tap.id).sort(),
        );
        const paired = new Set(pairs.map((pair) => pair.reference));
        expect([...paired, ...unmatched.reference.map((tap) => tap.id)].sort()).toEqual(
          reference.map((tap) => tap.id).sort(),
        );
        for (const { why } of [...unmatched.reference, ...unmatched.candidate]) expect(why).not.toBe("");
        for (const pair of pairs) expect(candidate.find((tap) => tap.id === pair.candidate)?.dtype).toBe("float32");
      }),
    );
  });

  it("integer taps are listed with their dtype as the reason", () => {
    const candidate = [moduleTap("ids", [2], { dtype: "int64" })];
    expect(align({ reference: [scopeTap("ids", [2])], candidate }).unmatched.candidate[0]?.why).toContain("int64");
  });
});
