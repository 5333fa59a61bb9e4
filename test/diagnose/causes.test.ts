import { describe, expect, it } from "vitest";
import { proposeCauses } from "../../src/diagnose/propose.js";
import type { WeightFact } from "../../src/diagnose/types.js";
import { fact, holding, layer } from "./facts.js";

const causes = (
  facts: readonly WeightFact[],
  layers = [...new Set(facts.map((one) => one.module))].map((m) => layer(m)),
) => proposeCauses(facts, layers);

describe("transposed-weight", () => {
  const untransposed = fact("h.0.c_proj.weight", { transform: "same" });

  it("is proposed for a square kernel in the order that its layer does not use, with the transpose as experiment", () => {
    const [cause, ...others] = causes([untransposed]);
    expect(others).toEqual([]);
    expect(cause).toMatchObject({
      cause: "transposed-weight",
      pairs: ["h.0.c_proj"],
      repairs: [{ kind: "transpose", parameter: "h.0.c_proj.weight" }],
      source: { file: "port.py", line: 7 },
    });
    expect(cause?.message).toContain("un-transposed: Linear stores [out, in], the checkpoint [in, out]");
  });

  it("is never proposed for a layer that computes what it should, whatever its weights look like", () => {
    expect(causes([untransposed], [layer("h.0.c_proj", false)])).toEqual([]);
  });

  it("is never proposed for a kernel that is kept as the checkpoint has it on purpose, or fits in both orders", () => {
    expect(causes([fact("a.weight", { transform: "same", expected: "same", moduleType: "Conv1D" })])).toEqual([]);
    expect(causes([fact("a.weight", { transform: "transposed", expected: "transposed" })])).toEqual([]);
  });

  it("is proposed for a module of unknown layout in either order, for only its function can tell", () => {
    const own = { expected: null, moduleType: "Projection" };
    for (const transform of ["same", "transposed"]) {
      const [cause] = causes([fact("a.weight", { ...own, transform })]);
      expect(cause?.cause).toBe("transposed-weight");
      expect(cause?.message).toContain("Projection computes with the other orientation");
    }
  });

  it("is not proposed where shapes would have told: kernels that are not square, vectors, convolutions", () => {
    expect(causes([fact("a.weight", { transform: "same", expected: null, shape: [4, 8] })])).toEqual([]);
    expect(causes([fact("a.bias", { transform: "same", expected: null, shape: [4] })])).toEqual([]);
    expect(causes([fact("a.weight", { transform: "permuted(2,1,0)", expected: null, shape: [4, 4, 4] })])).toEqual([]);
  });
});

describe("missing-weight", () => {
  const lost = { transform: null, maxAbs: 0.5, fresh: "all zeros" };

  it("is proposed for a parameter that holds nothing of the checkpoint, with the line that loads it", () => {
    const [cause] = causes([fact("a.weight", lost)]);
    expect(cause).toMatchObject({
      cause: "missing-weight",
      repairs: [{ kind: "load", parameter: "a.weight", key: "model/a/w" }],
    });
    expect(cause?.message).toContain("freshly initialised (all zeros)");
    expect(cause?.fix).toContain('"model/a/w")).reshape(4, 4).T.contiguous()');
  });

  it("does not call values fresh that are not", () => {
    expect(causes([fact("a.weight", { ...lost, fresh: null })])[0]?.message).not.toContain("initialised");
  });

  it("is shown at the nearest compared module, and not at all when that one is right", () => {
    const facts = [fact("h.0.attn.out.weight", lost)];
    expect(causes(facts, [layer("h.0.attn"), layer("h.0")])[0]?.pairs).toEqual(["h.0.attn"]);
    expect(causes(facts, [layer("h.0.attn", false), layer("h.0")])).toEqual([]);
    expect(causes(facts, [layer("")])[0]?.pairs).toEqual([""]);
    expect(causes(facts, [layer("h.0.attn.outer")])).toEqual([]);
  });
});

describe("swapped-weights", () => {
  it("is one finding for two modules with each other's weights", () => {
    const facts = [
      holding("h.2.ln_1.weight", "h2/ln_1/g", "h2/ln_2/g"),
      holding("h.2.ln_1.bias", "h2/ln_1/b", "h2/ln_2/b"),
      holding("h.2.ln_2.weight", "h2/ln_2/g", "h2/ln_1/g"),
      holding("h.2.ln_2.bias", "h2/ln_2/b", "h2/ln_1/b"),
    ];
    const found = causes(facts);
    expect(found.map((one) => one.cause)).toEqual(["swapped-weights"]);
    expect(found[0]?.message).toBe("h.2.ln_1 and h.2.ln_2 hold each other's weights");
    expect(found[0]?.pairs).toEqual(["h.2.ln_1", "h.2.ln_2"]);
    expect(found[0]?.repairs).toHaveLength(4);
  });

  it("is one finding for a circle of three, and two for two separate pairs", () => {
    const circle = [
      holding("q.weight", "q/w", "k/w"),
      holding("k.weight", "k/w", "v/w"),
      holding("v.weight", "v/w", "q/w"),
    ];
    expect(causes(circle).map((one) => one.message)).toEqual(["q, k, v hold each other's weights, in a circle"]);
    const pairs = [
      holding("a.weight", "a/w", "b/w"),
      holding("b.weight", "b/w", "a/w"),
      holding("c.weight", "c/w", "d/w"),
      holding("d.weight", "d/w", "c/w"),
    ];
    expect(causes(pairs).map((one) => one.pairs)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("does not say 'each other' of two modules that both hold a third one's weights", () => {
    const facts = [
      holding("a.weight", "a/w", "c/w"),
      holding("b.weight", "b/w", "c/w"),
      fact("c.weight", { key: "c/w" }),
    ];
    expect(causes(facts)[0]?.message).toBe("a, b hold the weights of other layers");
    expect(causes(facts.slice(1))[0]?.message).toBe("b holds the weights of other layers");
  });

  it("tells gain and bias of one module that were exchanged", () => {
    const facts = [holding("ln.weight", "ln/g", "ln/b"), holding("ln.bias", "ln/b", "ln/g")];
    expect(causes(facts)[0]?.message).toBe("ln.weight and ln.bias hold each other's values");
  });
});

describe("layer-order", () => {
  /** Blocks of two modules, block i holding the weights of block `order[i]`. */
  const blocks = (order: readonly number[]) =>
    order.flatMap((held, own) =>
      ["ln", "fc"].map((kind) =>
        held === own
          ? fact(`h.${own}.${kind}.weight`)
          : holding(`h.${own}.${kind}.weight`, `model/h${own}/${kind}/w`, `model/h${held}/${kind}/w`),
      ),
    );

  it.each([
    ["shifted by one", [1, 2, 3, 0], "1, 2, 3, 0 instead of 0, 1, 2, 3"],
    ["reversed", [3, 2, 1, 0], "3, 2, 1, 0 instead of 0, 1, 2, 3"],
    ["two blocks exchanged", [0, 2, 1, 3], "2, 1 instead of 1, 2"],
    [
      "twelve layers sorted as text",
      [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9],
      "10, 11, 2, 3, 4, 5, 6, 7, 8, 9 instead of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11",
    ],
  ])("%s is one finding for the model", (_, order, expected) => {
    const found = causes(blocks(order));
    expect(found.map((one) => one.cause)).toEqual(["layer-order"]);
    expect(found[0]?.message).toContain(expected);
    expect(found[0]?.repairs).toHaveLength(2 * order.filter((held, own) => held !== own).length);
    expect(found[0]?.pairs).toHaveLength(found[0]?.repairs.length ?? 0);
  });

  it("a row of single modules counts as layers from three on", () => {
    const row = (order: readonly number[]) =>
      order.map((held, own) => holding(`fc.${own}.weight`, `fc_${own}/kernel`, `fc_${held}/kernel`));
    expect(causes(row([1, 2, 0])).map((one) => one.cause)).toEqual(["layer-order"]);
    expect(causes(row([1, 0])).map((one) => one.cause)).toEqual(["swapped-weights"]);
  });

  it("two norms of a block exchanged are a swap, in one block or in all", () => {
    const swapped = (block: number) => [
      holding(`h.${block}.ln_1.weight`, `h${block}/ln_1/g`, `h${block}/ln_2/g`),
      holding(`h.${block}.ln_2.weight`, `h${block}/ln_2/g`, `h${block}/ln_1/g`),
    ];
    expect(causes(swapped(1)).map((one) => one.cause)).toEqual(["swapped-weights"]);
    expect(causes([0, 1, 2, 3].flatMap(swapped)).map((one) => one.cause)).toEqual(Array(4).fill("swapped-weights"));
  });

  it("does not hide behind an exchange of other numbered modules", () => {
    const norms = [
      holding("h.9.ln_1.weight", "model/h9/ln_1/w", "model/h9/ln_2/w"),
      holding("h.9.ln_2.weight", "model/h9/ln_2/w", "model/h9/ln_1/w"),
    ];
    expect(causes([...norms, ...blocks([1, 2, 3, 0])]).map((one) => one.cause)).toEqual([
      "layer-order",
      "swapped-weights",
    ]);
  });

  it("is not proposed when the layers come from several places, or when none of them differs", () => {
    const mixed = blocks([1, 0]);
    const [first, ...rest] = mixed;
    if (first === undefined) throw new Error("no facts");
    const odd = [{ ...first, equals: "model/h5/ln/w" }, ...rest];
    expect(causes(odd).map((one) => one.cause)).not.toContain("layer-order");
    expect(
      causes(
        mixed,
        mixed.map((one) => layer(one.module, false)),
      ),
    ).toEqual([]);
  });
});
