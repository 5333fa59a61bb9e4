import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideVerdict } from "../../../src/judge/gate/decide-verdict.js";
import { judgeGate } from "../../../src/judge/gate/judge-gate.js";
import { facts, NO_GATE, OUTPUT, pair, TODAY, wrong } from "./sample-facts.js";

describe("without any configuration the gate is the verdict", () => {
  it("whatever the pairs are: 0 for parity, 1 for a mismatch, 2 where nothing can be said", () => {
    const anyPair = fc.record({
      verdict: fc.constantFrom("identical", "within-noise", "within-tolerance", "mismatch", "not-compared"),
      isOutput: fc.boolean(),
    } as const);
    const anyFacts = fc.record({
      pairs: fc.array(anyPair, { maxLength: 5 }),
      outputsDeclared: fc.boolean(),
      missing: fc.subarray(["present", "logits"]),
    });
    const stands = { parity: "pass", mismatch: "fail", inconclusive: "could-not-judge" } as const;
    fc.assert(
      fc.property(anyFacts, ({ pairs, outputsDeclared, missing }) => {
        const seen = {
          ...facts([]),
          pairs: pairs.map((one, at) => pair(`t${at}`, one)),
          outputsDeclared,
          unmatchedOutputs: { reference: missing, candidate: [] },
        };
        const gate = judgeGate(NO_GATE, seen, TODAY);
        expect(gate.outcome).toBe(stands[decideVerdict(seen).verdict]);
        expect(gate.configured).toBe(false);
      }),
    );
  });

  it("and the verdict is what it was: a mismatch before an output that was not compared, and that before a declared one", () => {
    const verdict = (...args: Parameters<typeof facts>) => decideVerdict(facts(...args)).verdict;
    expect(verdict([])).toBe("parity");
    expect(verdict([wrong("a")], { pairs: [wrong("a")] })).toBe("mismatch");
    expect(decideVerdict(facts([], { pairs: [] })).reason).toContain("nothing was compared");
    expect(decideVerdict(facts([], { pairs: [pair("a")] })).reason).toContain("no output was compared");
    const unmatchedOutputs = { reference: ["present"], candidate: [] };
    expect(verdict([], { unmatchedOutputs })).toBe("parity");
    expect(decideVerdict(facts([], { unmatchedOutputs, outputsDeclared: true })).reason).toBe(
      "the output present of the original has no partner in the port",
    );
  });
});

describe("levels", () => {
  const judge = (levels: Record<string, "off" | "warn" | "error">) =>
    judgeGate(
      { ...NO_GATE, levels: Object.entries(levels).map(([glob, level]) => ({ glob, level })) },
      facts([wrong("h.0.attn"), wrong("h.1.attn"), pair("h.1.mlp")]),
      TODAY,
    );

  it("warn is told and does not fail, off is not even told, error fails", () => {
    expect(judge({ "h.0.attn": "warn" }).outcome).toBe("fail");
    const gate = judge({ "h.0.attn": "warn", "h.1.attn": "off" });
    expect(gate.outcome).toBe("pass");
    expect(gate.checks.filter((one) => one.id === "mismatch")).toEqual([
      {
        id: "mismatch",
        outcome: "warn",
        message: 'h.0.attn differs: local ×1e6 noise, a warning by levels["h.0.attn"]',
        hint: null,
        pair: "h.0.attn",
      },
    ]);
    expect(gate.levels).toEqual([
      { pair: "h.0.attn", level: "warn", from: 'levels["h.0.attn"]' },
      { pair: "h.1.attn", level: "off", from: 'levels["h.1.attn"]' },
    ]);
  });

  it("the most specific glob wins, wherever it stands, and names of the original do as well", () => {
    expect(judge({ "**": "warn", "h.*.attn": "error", "h.0.attn": "warn", "model/h/1/*": "warn" }).outcome).toBe(
      "pass",
    );
    expect(judge({ "h.0.attn": "warn", "h.*.attn": "error", "**": "warn" }).outcome).toBe("fail");
  });

  it("a glob that matches nothing is an error that names it", () => {
    expect(() => judge({ "h.0.atn": "warn" })).toThrow('levels["h.0.atn"] matches no tap.');
  });

  it("a glob that is about pairs which --only left out is none", () => {
    const levels = [{ glob: "h.9.**", level: "warn" }] as const;
    expect(judgeGate({ ...NO_GATE, levels }, facts([pair("h.0.attn")], { partial: true }), TODAY).outcome).toBe("pass");
  });

  it("with everything off nothing was judged, which is no pass", () => {
    const gate = judge({ "**": "off" });
    expect(gate.outcome).toBe("could-not-judge");
    expect(gate.checks[0]?.message).toContain("nothing was judged");
    expect(OUTPUT.verdict).toBe("within-noise");
  });
});
