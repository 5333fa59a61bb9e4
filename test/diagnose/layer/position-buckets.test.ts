import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Bucketing,
  bucketOf,
  describeBucketing,
  fitBucketing,
  rowsByDistance,
} from "../../../src/diagnose/layer/position-buckets.js";
import { runPython } from "../../helpers/python.js";

const t5 = (changes: Partial<Extract<Bucketing, { kind: "logarithmic" }>> = {}): Bucketing => ({
  kind: "logarithmic",
  sign: 1,
  buckets: 32,
  both: true,
  farthest: 128,
  ...changes,
});

/** The rows that transformers' T5 looks up for key − query = −40 … 40. */
const T5_ROWS = `
import json, torch
from transformers.models.t5.modeling_t5 import T5Attention
rows = lambda both: T5Attention._relative_position_bucket(torch.arange(-40, 41), bidirectional=both, num_buckets=32, max_distance=128)
print(json.dumps([rows(True).tolist(), rows(False).tolist()]))
`;

describe("the row of a table of relative positions", () => {
  it("is the one that transformers' T5 looks up, in both directions and in one", async () => {
    const stdout = await runPython("-c", [T5_ROWS]);
    const [both, one] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as number[][];
    const distances = Array.from({ length: 81 }, (_, i) => i - 40);
    expect(distances.map((distance) => bucketOf(t5(), distance))).toEqual(both);
    expect(distances.map((distance) => bucketOf(t5({ both: false }), distance))).toEqual(one);
  });

  it("is clipped at the reach of the table", () => {
    const how: Bucketing = { kind: "clipped", sign: -1, reach: 2 };
    expect([-3, -2, -1, 0, 1, 2, 3].map((distance) => bucketOf(how, distance))).toEqual([4, 4, 3, 2, 1, 0, 0]);
  });
});

describe("the numbering that rows were looked up by", () => {
  const numbering = fc.oneof(
    fc.record({
      kind: fc.constant("clipped" as const),
      sign: fc.constantFrom(1 as const, -1 as const),
      reach: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      kind: fc.constant("logarithmic" as const),
      sign: fc.constantFrom(1 as const, -1 as const),
      buckets: fc.constantFrom(8, 16, 32),
      both: fc.boolean(),
      farthest: fc.constantFrom(20, 64, 128),
    }),
  );

  it("is among those that fit, and everything that fits gives the rows that were seen", () => {
    fc.assert(
      fc.property(numbering, fc.integer({ min: 2, max: 60 }), (how, length) => {
        const seen = new Map<number, number>();
        for (let distance = 1 - length; distance < length; distance++) seen.set(distance, bucketOf(how, distance));
        const rows = how.kind === "clipped" ? 2 * how.reach + 1 : how.buckets;
        const fitted = fitBucketing(seen, rows, how.kind === "clipped" ? [] : [how.farthest]);
        expect(fitted.map(describeBucketing)).toContain(describeBucketing(how));
        for (const one of fitted) for (const [distance, row] of seen) expect(bucketOf(one, distance)).toBe(row);
      }),
    );
  });

  it("finds the farthest distance in the logarithm that a graph holds", () => {
    const how = t5({ buckets: 8, farthest: 20 });
    const seen = new Map(Array.from({ length: 41 }, (_, i) => [i - 20, bucketOf(how, i - 20)]));
    expect(fitBucketing(seen, 8, [Math.fround(Math.log(20 / 2))])[0]).toEqual(how);
  });

  it("is none where rows depend on more than the distance", () => {
    expect(rowsByDistance([0, 1, 2, 0], 2)).toEqual(
      new Map([
        [0, 0],
        [1, 1],
        [-1, 2],
      ]),
    );
    expect(rowsByDistance([0, 1, 2, 3], 2)).toBeNull();
    expect(rowsByDistance([0, -1, 2, 0], 2)).toBeNull();
  });
});
