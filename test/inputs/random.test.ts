import { beforeAll, describe, expect, it } from "vitest";
import { Random, randomFor } from "../../src/inputs/random.js";
import { runPython } from "../helpers/python.js";

interface Oracle {
  readonly words: number[];
  readonly normals: number[];
  readonly largestGap: number;
}

describe("the generator of inputs", () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = JSON.parse(await runPython("test/fixtures/inputs/random_oracle.py", ["7/c1/X"]));
  });

  it("gives the published sequence of xoshiro128** for the state 1, 2, 3, 4", () => {
    const random = new Random([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => random.nextUint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("seeds each input's stream as documented, so that another program can make the same inputs", () => {
    const random = randomFor(7, "c1", "X");
    expect(Array.from({ length: 50 }, () => random.nextUint32())).toEqual(oracle.words);
  });

  it("gives normal draws that are exact to the last bit on every engine", () => {
    const random = randomFor(7, "c1", "X");
    expect(Array.from({ length: 50 }, () => random.nextNormal())).toEqual(oracle.normals);
  });

  it("draws from a distribution within 0.003 of the normal one, as its documentation says", () => {
    expect(oracle.largestGap).toBeLessThan(0.003);
    const random = randomFor(1);
    const draws = Array.from({ length: 20_000 }, () => random.nextNormal());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    // Five standard errors of the mean and of the variance at 20 000 draws.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
  });

  it("draws every id of a vocabulary equally often, the first and the last too", () => {
    const random = randomFor(2);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const drawn = random.nextBelow(7);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
  });

  it("gives other inputs and other seeds other streams", () => {
    const first = [randomFor(0, "c0", "X"), randomFor(0, "c0", "Y"), randomFor(0, "c1", "X"), randomFor(1, "c0", "X")];
    expect(new Set(first.map((random) => random.nextUint32())).size).toBe(4);
  });
});
