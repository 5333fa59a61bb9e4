import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignShards, type Work } from "../../src/check/assign-shards.js";

const works = fc
  .uniqueArray(fc.record({ model: fc.constantFrom("a", "b", "c"), case: fc.nat(40).map((n) => `c${n}`) }), {
    selector: (one) => `${one.model} ${one.case}`,
    maxLength: 40,
  })
  .chain((keys) => fc.tuple(...keys.map((key) => fc.nat(1000).map((size): Work => ({ ...key, size: size + 1 })))));

describe("cases given to shards", () => {
  it("each go to exactly one shard that exists, however many shards and cases there are", () => {
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 12 }), (work, count) => {
        const shards = assignShards(work, count);
        expect(shards).toHaveLength(work.length);
        for (const shard of shards) expect(Number.isInteger(shard) && shard >= 1 && shard <= count).toBe(true);
      }),
    );
  });

  it("go to the same shard in whatever order a job lists them", () => {
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 12 }), fc.integer(), (work, count, turn) => {
        const by = (list: readonly Work[]) =>
          new Map(assignShards(list, count).map((shard, at) => [`${list[at]?.model} ${list[at]?.case}`, shard]));
        const at = work.length === 0 ? 0 : Math.abs(turn) % work.length;
        const other = [...work.slice(at), ...work.slice(0, at)].reverse();
        const [one, two] = [by(work), by(other)];
        for (const [key, shard] of one) expect(two.get(key)).toBe(shard);
      }),
    );
  });

  it("are balanced: no shard has more than another by more than the largest case", () => {
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 12 }), (work, count) => {
        const loads = new Array<number>(count).fill(0);
        for (const [at, shard] of assignShards(work, count).entries())
          loads[shard - 1] = (loads[shard - 1] ?? 0) + (work[at]?.size ?? 0);
        const largest = Math.max(0, ...work.map((one) => one.size));
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest);
      }),
    );
  });
});
