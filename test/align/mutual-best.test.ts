import fc from "fast-check";
import { expect, it } from "vitest";
import { mutualBest } from "../../src/align/mutual-best.js";

const names = (scored: readonly { a: string; b: string; score: number }[]) => scored.map(({ a, b }) => `${a}${b}`);

it("two that are equally good are both left alone", () => {
  const tied = [
    { a: "x", b: "1", score: 0.8 },
    { a: "x", b: "2", score: 0.8 },
  ];
  expect(mutualBest(tied)).toEqual([]);
});

it("a pair that is settled frees what it competed with", () => {
  const scored = [
    { a: "x", b: "1", score: 1 },
    { a: "x", b: "2", score: 0.8 },
    { a: "y", b: "1", score: 0.8 },
    { a: "y", b: "2", score: 0.6 },
  ];
  expect(names(mutualBest(scored))).toEqual(["x1", "y2"]);
});

it("nothing is taken twice, and no left-over pair would have been better for both", () => {
  const edge = fc.record({
    a: fc.constantFrom("x", "y", "z"),
    b: fc.constantFrom("1", "2", "3"),
    score: fc.integer({ min: 1, max: 4 }),
  });
  const graph = fc.uniqueArray(edge, { selector: ({ a, b }) => a + b, maxLength: 9 });
  fc.assert(
    fc.property(graph, (scored) => {
      const found = mutualBest(scored);
      expect(new Set(found.map((one) => one.a)).size).toBe(found.length);
      expect(new Set(found.map((one) => one.b)).size).toBe(found.length);
      for (const one of scored) {
        const ofA = found.find((other) => other.a === one.a)?.score ?? 0;
        const ofB = found.find((other) => other.b === one.b)?.score ?? 0;
        if (ofA > 0 && ofB > 0) expect(Math.max(ofA, ofB)).toBeGreaterThanOrEqual(one.score);
      }
    }),
  );
});
