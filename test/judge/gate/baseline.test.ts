import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResolvedBaseline } from "../../../src/config/resolved.js";
import { judgeGate } from "../../../src/judge/gate/judge-gate.js";
import { describeChange, makeBaseline } from "../../../src/judge/gate/make-baseline.js";
import type { Baseline, GatePair } from "../../../src/judge/gate/types.js";
import { baseline, facts, NO_GATE, pair, TODAY, wrong } from "./sample-facts.js";

const RULE: ResolvedBaseline = { file: "/b.json", shown: "b.json", factor: 4, absoluteFloor: 5e-7, update: false };

function judge(
  kept: Baseline | null,
  pairs: readonly GatePair[],
  ci = false,
  levels: { glob: string; level: "warn" | "off" }[] = [],
) {
  const gate = judgeGate({ ...NO_GATE, baseline: RULE, levels }, facts(pairs), { ...TODAY, ci, baseline: kept });
  return { ...gate, said: gate.checks.filter((one) => one.id === "baseline") };
}

describe("the baseline", () => {
  it("fails a layer that is more than k times worse, within its tolerance as it is, and says by how much", () => {
    const kept = baseline({ a: 1e-6, "(output)": 1e-7 });
    expect(judge(kept, [pair("a", { error: 4e-6 })]).outcome).toBe("pass");
    const gate = judge(kept, [pair("a", { error: 1.2e-5, verdict: "within-tolerance" })]);
    expect(gate.outcome).toBe("fail");
    expect(gate.said).toMatchObject([
      { pair: "a", message: "a got worse: error 1.2e-5, baseline 1.0e-6, ×12; up to 4.0e-6 is allowed" },
    ]);
    expect(gate.baseline?.worse).toEqual(["a"]);
  });

  it("never fails what rounding explains: under the absolute floor, under twice the measured one, or shown in float64", () => {
    const kept = baseline({ a: 1e-9, "(output)": 1e-7 });
    const outcome = (more: Partial<GatePair>) => judge(kept, [pair("a", more)]).outcome;
    expect(outcome({ error: 5e-7 })).toBe("pass");
    expect(outcome({ error: 6e-7 })).toBe("fail");
    expect(outcome({ error: 6e-7, floor: 3e-7 })).toBe("pass");
    expect(outcome({ error: 6.1e-7, floor: 3e-7 })).toBe("fail");
    expect(outcome({ error: 1, isRounding: true })).toBe("pass");
  });

  it("is monotone: what passes passes with any smaller error, and what fails fails with any larger one", () => {
    const kept = baseline({ a: 1e-6, "(output)": 1e-7 });
    const isPass = (error: number) => judge(kept, [pair("a", { error })]).outcome === "pass";
    const error = fc.double({ min: 0, max: 1e-4, noNaN: true });
    fc.assert(fc.property(error, error, (x, y) => !isPass(Math.max(x, y)) || isPass(Math.min(x, y))));
  });

  it("fails when a layer that was compared no longer is, and warns of layers that it does not have", () => {
    const gate = judge(baseline({ gone: 1e-6, "(output)": 1e-7 }), [pair("fresh")]);
    expect(gate.outcome).toBe("fail");
    expect(gate.said.map((one) => [one.outcome, one.pair])).toEqual([
      ["fail", "gone"],
      ["warn", null],
    ]);
    expect(gate.said[1]?.message).toBe("1 tap is not in the baseline: fresh");
  });

  it("says when it could be tightened, but not where rounding sets the limit anyway", () => {
    const kept = baseline({ a: 1e-4, b: 1e-7, "(output)": 1e-7 });
    const gate = judge(kept, [pair("a", { error: 1e-5 }), pair("b", { error: 1e-9 })]);
    expect(gate.outcome).toBe("pass");
    expect(gate.baseline?.tighten).toEqual(["a"]);
    expect(judge(kept, [pair("a", { error: 1.1e-5 }), pair("b")]).baseline?.tighten).toEqual([]);
  });

  it("that is missing, or was taken on other inputs, is advice on a desk and no judgement in CI", () => {
    const other = baseline({ a: 1e-6 }, { inputs: { c0: { X: "bb" } } });
    for (const [kept, state] of [
      [null, "missing"],
      [other, "stale"],
    ] as const) {
      expect(judge(kept, [pair("a")])).toMatchObject({
        outcome: "pass",
        baseline: { state },
        said: [{ outcome: "warn" }],
      });
      expect(judge(kept, [pair("a")], true)).toMatchObject({
        outcome: "could-not-judge",
        said: [{ hint: "Make it with: parity check --update-baseline, and commit the file." }],
      });
    }
  });

  it("leaves mismatches to their own rule, and follows the levels", () => {
    const kept = baseline({ a: 1e-6, "(output)": 1e-7 });
    expect(judge(kept, [wrong("a")]).said.map((one) => one.outcome)).toEqual(["pass"]);
    expect(judge(kept, [pair("a", { error: 1e-3 })], false, [{ glob: "a", level: "warn" }]).outcome).toBe("pass");
    expect(judge(kept, [pair("a", { error: 1e-3 })], false, [{ glob: "a", level: "off" }]).said[0]?.outcome).toBe(
      "pass",
    );
  });

  it("does not compare a local error with an accumulated one", () => {
    const gate = judge(baseline({ a: 1e-9, "(output)": 1e-7 }), [pair("a", { error: 1e-3, run: "accumulated" })]);
    expect(gate).toMatchObject({ outcome: "pass", said: [{ outcome: "warn", pair: "a" }] });
  });

  it("that a check makes holds for the same check, keeps no error that JSON cannot, and tells what changed", () => {
    const seen = facts([
      pair("a", { error: 3e-6 }),
      pair("n", { verdict: "not-compared", error: null }),
      wrong("i", Number.POSITIVE_INFINITY),
    ]);
    const made = makeBaseline("m", baseline({}).provenance, seen);
    expect(Object.keys(made.taps)).toEqual(["a", "(output)"]);
    expect(judge(JSON.parse(JSON.stringify(made)), [pair("a", { error: 3e-6 })]).outcome).toBe("pass");
    const before = baseline({ a: 1e-6, "(output)": 2e-7, old: 1 });
    expect(describeChange(before, made)).toBe("2 taps, 1 error rises (most: a 1.0e-6 → 3.0e-6), 1 falls, 1 gone");
    expect(describeChange(null, made)).toBe("2 taps");
  });
});
