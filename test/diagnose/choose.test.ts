import { describe, expect, it } from "vitest";
import { choose, combine, extend, type Tried, withoutOne } from "../../src/diagnose/choose.js";
import type { Hypothesis } from "../../src/diagnose/types.js";

const hypothesis = (prior: number, load = false): Hypothesis => ({
  cause: "scalar-factor",
  pairs: ["h.0"],
  parameters: [],
  source: null,
  message: "",
  evidence: [],
  repairs: load
    ? [{ kind: "load", parameter: "w", key: "k" }]
    : [{ kind: "edit", edit: { kind: "attribute", module: "", attribute: "a", value: prior } }],
  change: "",
  fix: "",
  prior,
});
const tried = (set: number[], error: number | null, quiet: boolean): Tried => ({
  set,
  error,
  relative: error ?? Number.POSITIVE_INFINITY,
  quiet,
  failure: null,
});

describe("of several experiments", () => {
  const hypotheses = [hypothesis(0.3), hypothesis(0.9), hypothesis(0.6)];

  it("only one that brought the layer to the noise is believed", () => {
    expect(choose([tried([0], 0.5, false), tried([1], null, false)], hypotheses)).toBeNull();
  });

  it("of equally good ones the likeliest is, however the list is ordered", () => {
    const all = [tried([0], 1e-7, true), tried([1], 1.2e-7, true), tried([2], 1e-7, true)];
    expect(choose(all, hypotheses)?.set).toEqual([1]);
    expect(choose([...all].reverse(), hypotheses)?.set).toEqual([1]);
  });

  it("a likely one that leaves a clearly larger error is not the truth", () => {
    expect(choose([tried([0], 1e-7, true), tried([1], 4e-6, true)], hypotheses)?.set).toEqual([0]);
  });

  it("one that is exact does not rule out one that rounds", () => {
    expect(choose([tried([0], 0, true), tried([1], 1e-7, true)], hypotheses)?.set).toEqual([1]);
  });

  it("one alone is believed before two together", () => {
    expect(choose([tried([1, 2], 0, true), tried([0], 1e-7, true)], hypotheses)?.set).toEqual([0]);
  });
});

describe("when none alone repairs", () => {
  it("all combinations of a short list are tried, small ones first", () => {
    const hypotheses = [hypothesis(0.1), hypothesis(0.2), hypothesis(0.3)];
    const sets = combine([0, 1, 2], [], hypotheses, 1);
    expect(sets).toHaveLength(4);
    expect(sets.at(-1)).toHaveLength(3);
  });

  it("of a long list those are paired that lessened the error, and those that the evidence speaks for", () => {
    const hypotheses = Array.from({ length: 40 }, (_, i) => hypothesis(i === 33 ? 0.9 : 0.1));
    const singles = hypotheses.map((_, i) => tried([i], i === 7 ? 0.1 : 0.99 + i / 1e4, false));
    const sets = combine(
      hypotheses.map((_, i) => i),
      singles,
      hypotheses,
      1,
    );
    expect(sets.length).toBeLessThanOrEqual(100);
    expect(sets).toContainEqual([7, 33]);
  });

  it("parameters of one layer that are all wrong are also loaded all at once", () => {
    const hypotheses = Array.from({ length: 6 }, () => hypothesis(0.7, true));
    const sets = combine([0, 1, 2, 3, 4, 5], [], hypotheses, 1);
    expect(sets).toContainEqual([0, 1, 2, 3, 4, 5]);
  });

  it("one that changed nothing is not combined with others", () => {
    const hypotheses = Array.from({ length: 8 }, () => hypothesis(0.5));
    const singles = hypotheses.map((_, i) => tried([i], i < 6 ? 1 : 0.5, false));
    const sets = combine([0, 1, 2, 3, 4, 5, 6, 7], singles, hypotheses, 1);
    expect(sets).toEqual([[6, 7]]);
  });
});

describe("three faults in one layer", () => {
  const hypotheses = [hypothesis(0.3), hypothesis(0.9), hypothesis(0.6), hypothesis(0.4)];

  it("two repairs that leave a twentieth are given every other one, the likeliest first", () => {
    const found = extend(
      [tried([0], 0.9, false), tried([0, 3], 0.001, false), tried([1, 2], 0.3, false)],
      hypotheses,
      1,
    );
    expect(found).toEqual([
      [0, 3, 1],
      [0, 3, 2],
    ]);
  });

  it("two repairs that leave more are no beginning", () => {
    expect(extend([tried([0, 3], 0.1, false)], hypotheses, 1)).toEqual([]);
    expect(extend([tried([0], 0.001, false)], hypotheses, 1)).toEqual([]);
  });

  it("three that repair are tried without each of them, but for the pairs that were tried", () => {
    const all = [tried([0, 3], 0.001, false)];
    expect(withoutOne(tried([0, 3, 1], 1e-7, true), all)).toEqual([
      [3, 1],
      [0, 1],
    ]);
    expect(withoutOne(tried([0, 1], 1e-7, true), all)).toEqual([]);
    expect(withoutOne(null, all)).toEqual([]);
  });

  it("what is read off both sides is combined although it changes nothing alone", () => {
    const many = Array.from({ length: 20 }, (_, i) => hypothesis(i === 17 ? 0.9 : 0.1));
    const singles = many.map((_, i) => tried([i], i === 4 ? 0.1 : i === 17 ? 1 : 0.9 + i / 1e3, false));
    expect(combine([...many.keys()], singles, many, 1)).toContainEqual([4, 17]);
  });
});
