import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalName,
  longestCommonSubsequence,
  nameSimilarity,
  namesContradict,
  tokenize,
} from "../../src/align/tokens.js";

describe("names that mean the same layer", () => {
  it.each([
    ["model/h0/attn/c_attn", "transformer.h.0.attn.c_attn"],
    ["model/h10/mlp/c_proj", "h.10.mlp.c_proj"],
    ["model/h0/ln_1", "blocks.0.layer_norm_1"],
    ["bert/encoder/layer_3/attention/self/query", "bert.encoder.layer.3.attention.self.query"],
    ["bert/encoder/layer_3/attention/self/query", "encoder.layers.3.attn.self.q"],
    ["bert/encoder/layer_11/output/LayerNorm", "bert.encoder.layer.11.output.LayerNorm"],
    ["bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings"],
    ["decoder/block_010/dense", "module.decoder.blocks.10.linear"],
    ["encoder/layer_0/self_attention", "layers.0.attn"],
    ["resnet/group_1/batch_norm", "resnet.groups.1.BatchNorm"],
    ["model/logits:0", "logits"],
  ])("%s and %s", (reference, candidate) => {
    expect(canonicalName(reference)).toBe(canonicalName(candidate));
  });
});

describe("names that do not mean the same layer", () => {
  it.each([
    ["decoder/block_10/ffn", "decoder.block.1.ffn"],
    ["model/h1/attn", "h.11.attn"],
    ["model/h1/block_0", "h.10"],
    ["model/h0/ln_1", "h.0.ln_2"],
    ["model/h0/attn/c_proj", "h.0.mlp.c_proj"],
    ["bert/layer_3/attention/self/query", "layer.3.attention.self.key"],
  ])("%s and %s are neither equal nor similar", (reference, candidate) => {
    expect(canonicalName(reference)).not.toBe(canonicalName(candidate));
    expect(nameSimilarity(tokenize(reference), tokenize(candidate))).toBe(0);
  });

  it("an encoder's and a decoder's block of one number are told apart, though both words often only wrap a model", () => {
    expect(namesContradict(tokenize("t5/encoder/block_0"), tokenize("decoder.block.0"))).toBe(true);
    expect(namesContradict(tokenize("t5/encoder/block_0"), tokenize("block.0"))).toBe(false);
    expect(nameSimilarity(tokenize("t5/encoder/block_0"), tokenize("t5.decoder.block.0"))).toBe(0);
  });

  it("names of wrappers only have no canonical name, so that they match nothing", () => {
    expect(canonicalName("model")).toBe("");
    expect(canonicalName("transformer.encoder")).toBe("");
    expect(nameSimilarity([], [])).toBe(0);
  });

  it("a layer called like a member of every JavaScript object is a word like any other", () => {
    expect(tokenize("model/constructor/__proto__")).toEqual(["model", "constructor", "proto"]);
  });
});

/** Length of a longest common subsequence by trying every subsequence of `a`. */
function bruteForce(a: readonly number[], b: readonly number[]): number {
  let best = 0;
  for (let mask = 0; mask < 2 ** a.length; mask++) {
    const chosen = a.filter((_, i) => mask & (1 << i));
    let at = 0;
    for (const x of b) if (x === chosen[at]) at++;
    if (at === chosen.length) best = Math.max(best, at);
  }
  return best;
}

describe("the longest common subsequence", () => {
  it("is as long as the longest that trying everything finds, in order, and of equal elements", () => {
    const list = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 9 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = longestCommonSubsequence(a, b, (x, y) => x === y);
        expect(pairs.length).toBe(bruteForce(a, b));
        pairs.forEach(([i, j], n) => {
          expect(a[i]).toBe(b[j]);
          const before = pairs[n - 1];
          if (before !== undefined) expect(i > before[0] && j > before[1]).toBe(true);
        });
      }),
    );
  });
});
