import { describe, expect, it } from "vitest";
import type { ResolvedCoverage } from "../../../src/config/resolved.js";
import { judgeGate } from "../../../src/judge/gate/judge-gate.js";
import type { GateFacts } from "../../../src/judge/gate/types.js";
import { facts, NO_GATE, pair, TODAY } from "./sample-facts.js";

const DEFAULTS: ResolvedCoverage = { parameters: 1, taps: 0.5, outputs: "declared", skippedCases: 0 };

function judge(more: Partial<GateFacts>, coverage: Partial<ResolvedCoverage> = {}) {
  const policy = { ...NO_GATE, coverage: { ...DEFAULTS, ...coverage } };
  const gate = judgeGate(policy, facts([pair("a"), pair("b")], more), TODAY);
  return { ...gate, failed: gate.checks.filter((one) => one.outcome === "fail") };
}

describe("coverage", () => {
  it("passes where everything was compared", () => {
    expect(judge({}).outcome).toBe("pass");
  });

  it("fails when a parameter was held against nothing, and says how many, which, and which key to edit", () => {
    const { outcome, failed } = judge({ parameters: { total: 52, missing: ["h.0.bias", "h.1.bias"] } });
    expect(outcome).toBe("fail");
    expect(failed).toEqual([
      {
        id: "parameters",
        outcome: "fail",
        message:
          "50 of 52 parameters were compared, 2 fewer than coverage.parameters = 1 demands: h.0.bias, h.1.bias were not",
        hint: "Pair them with a map, or set coverage.parameters to 0.96.",
        pair: null,
      },
    ]);
    // The value that the hint names does pass.
    expect(judge({ parameters: { total: 52, missing: ["h.0.bias", "h.1.bias"] } }, { parameters: 0.96 }).outcome).toBe(
      "pass",
    );
  });

  it("counts taps without a partner and pairs that were not compared", () => {
    const unmatchedTaps = ["drop", "view", "extra"];
    expect(judge({ unmatchedTaps }).outcome).toBe("pass");
    expect(judge({ unmatchedTaps }, { taps: 0.6 }).failed[0]?.message).toBe(
      "3 of 6 taps were compared, 1 fewer than coverage.taps = 0.6 demands: drop, view, extra were not",
    );
    const pairs = [pair("a"), pair("b", { verdict: "not-compared" }), pair("o", { isOutput: true })];
    expect(judge({ pairs }, { taps: 0.7 }).failed[0]?.message).toContain("2 of 3 taps");
  });

  it("lets outputs go that the graph merely ends in, unless all are demanded; declared ones never", () => {
    const unmatchedOutputs = { reference: ["model/present"], candidate: [] };
    const silent = judge({ unmatchedOutputs });
    expect(silent.outcome).toBe("pass");
    expect(silent.checks.find((one) => one.id === "outputs")?.message).toContain("nobody asks for model/present");
    expect(judge({ unmatchedOutputs }, { outputs: "all" }).failed[0]?.id).toBe("outputs");
    expect(judge({ unmatchedOutputs, outputsDeclared: true }).outcome).toBe("could-not-judge");
  });

  it("tells of outputs that only the port has, and does not fail for them", () => {
    const gate = judge({ unmatchedOutputs: { reference: [], candidate: ["hidden_states"] } }, { outputs: "all" });
    expect(gate.outcome).toBe("pass");
    expect(gate.checks.find((one) => one.id === "outputs")?.outcome).toBe("warn");
  });

  it("fails when a case gave nothing to compare, unless so many may", () => {
    expect(judge({ skippedCases: ["c1"] }).failed[0]?.message).toBe(
      "1 of 2 cases gave an output to compare; c1 did not, and coverage.skippedCases allows 0",
    );
    expect(judge({ skippedCases: ["c1"] }, { skippedCases: 1 }).outcome).toBe("pass");
  });

  it("of nothing at all is no pass", () => {
    expect(judge({ pairs: [] }, { parameters: 0, taps: 0 }).outcome).toBe("could-not-judge");
  });
});
