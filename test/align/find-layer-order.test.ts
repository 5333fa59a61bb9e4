import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findLayerOrder } from "../../src/align/find-layer-order.js";

const PARTS = ["norm.weight", "dense.weight"];
const KEYS = ["ln/gamma", "dense/kernel"];

/** Layer i of the port holds the weights of scope `order[i]` of the original. */
const held = (order: readonly number[]) =>
  order.flatMap((scope, layer) =>
    PARTS.map((part, i) => ({ parameter: `blocks.${layer}.${part}`, key: `model/h${scope}/${KEYS[i]}` })),
  );
const modules = (count: number) => Array.from({ length: count }, (_, i) => `blocks.${i}`);
const scopes = (count: number) => Array.from({ length: count }, (_, i) => `model/h${i}`);
const never = () => false;

describe("layers that were loaded in another order than they run in", () => {
  it("are each given the scope of their own place, whatever the order was", () => {
    const orders = fc.integer({ min: 2, max: 13 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(orders, (order) => {
        const map = findLayerOrder(held(order), modules(order.length), scopes(order.length), never);
        for (const [layer, scope] of order.entries())
          for (const [i, part] of PARTS.entries())
            expect(map.get(`model/h${layer}/${KEYS[i]}`)).toBe(scope === layer ? undefined : `blocks.${layer}.${part}`);
      }),
    );
  });

  it("are right as they are where the layers run in that order too: branches called in another order than they are numbered", () => {
    const running = ["blocks.1", "blocks.0"];
    expect(findLayerOrder(held([1, 0]), running, scopes(2), never).size).toBe(0);
  });

  it("are left alone where the layers compute what they should", () => {
    expect(findLayerOrder(held([1, 0]), modules(2), scopes(2), () => true).size).toBe(0);
  });

  it("are no order where one layer holds the weights of two, or two hold those of one", () => {
    const mixed = [...held([1, 0]).slice(0, 3), { parameter: "blocks.1.dense.weight", key: "model/h1/dense/kernel" }];
    expect(findLayerOrder(mixed, modules(2), scopes(2), never).size).toBe(0);
    expect(findLayerOrder(held([1, 1]), modules(2), scopes(2), never).size).toBe(0);
  });

  it("single tensors with numbers in their names are no layers", () => {
    const vectors = [
      { parameter: "bias1", key: "b2" },
      { parameter: "bias2", key: "b1" },
    ];
    expect(findLayerOrder(vectors, ["bias1", "bias2"], ["b1", "b2"], never).size).toBe(0);
  });
});
