import { describe, expect, it } from "vitest";
import type { WaiverConfig } from "../../../src/config/types.js";
import { judgeGate } from "../../../src/judge/gate/judge-gate.js";
import { facts, NO_GATE, pair, TODAY, wrong } from "./sample-facts.js";

const waiver = (more: Partial<WaiverConfig>): WaiverConfig => ({
  reason: "gelu by erf until the next training",
  owner: "speech",
  expires: "2027-06-30",
  ...more,
});

/** Two faults in one layer, one of them in another as well. */
const FACTS = facts([wrong("h.0.mlp", 1e-3), wrong("h.1.mlp", 2e-3), pair("h.2.mlp")], {
  findings: [
    { cause: "gelu-approximation", pairs: ["h.0.mlp", "h.1.mlp"], parameters: [] },
    { cause: "transposed-weight", pairs: ["h.1.mlp"], parameters: ["h.1.mlp.c_fc.weight"] },
  ],
});

const judge = (waivers: readonly WaiverConfig[], today = TODAY.today) =>
  judgeGate({ ...NO_GATE, waivers }, FACTS, { ...TODAY, today });

describe("a waiver", () => {
  it("lets the mismatches pass that it names, tells whom to ask, and leaves their verdict alone", () => {
    const gate = judge([waiver({ tap: "h.*.mlp" })]);
    expect(gate.outcome).toBe("pass");
    expect(gate.waivers).toMatchObject([{ state: "active", pairs: ["h.0.mlp", "h.1.mlp"], owner: "speech" }]);
    expect(gate.checks.find((one) => one.id === "waivers")?.message).toBe(
      "h.0.mlp, h.1.mlp waived by tap h.*.mlp (speech: gelu by erf until the next training), until 2027-06-30",
    );
    expect(FACTS.pairs[0]?.verdict).toBe("mismatch");
  });

  it("by cause does not cover a layer with a second fault, and says so", () => {
    const gate = judge([waiver({ cause: "gelu-approximation" })]);
    expect(gate.outcome).toBe("fail");
    expect(gate.waivers).toMatchObject([{ state: "active", pairs: ["h.0.mlp"] }]);
    expect(gate.checks.filter((one) => one.outcome === "fail").map((one) => one.pair)).toEqual(["h.1.mlp"]);
    const narrow = judge([waiver({ cause: "gelu-approximation", tap: "h.1.*" })]);
    expect(narrow.waivers).toMatchObject([{ state: "insufficient", pairs: ["h.1.mlp"] }]);
  });

  it("by cause and one by parameter cover such a layer together, but not once one of them has expired", () => {
    const both = [
      waiver({ cause: "gelu-approximation" }),
      waiver({ parameter: "h.*.mlp.c_fc.weight", expires: "2026-12-31" }),
    ];
    expect(judge(both).outcome).toBe("pass");
    const late = judge(both, "2027-01-01");
    expect(late.outcome).toBe("fail");
    expect(late.waivers.map((one) => one.state)).toEqual(["active", "expired"]);
    expect(late.waivers[0]?.pairs).toEqual(["h.0.mlp"]);
  });

  it("holds through the day that it names and fails from the next, with a message that names it", () => {
    const one = [waiver({ tap: "h.*.mlp", expires: "2027-01-31" })];
    expect(judge(one, "2027-01-31")).toMatchObject({ outcome: "pass", waivers: [{ state: "active" }] });
    const gate = judge(one, "2027-02-01");
    expect(gate).toMatchObject({ outcome: "fail", waivers: [{ state: "expired" }] });
    expect(gate.checks.find((check) => check.id === "waivers")).toMatchObject({
      outcome: "fail",
      message:
        "the waiver tap h.*.mlp (speech: gelu by erf until the next training) expired on 2027-01-31; it covered h.0.mlp, h.1.mlp",
    });
  });

  it("warns in its last two weeks", () => {
    const said = (today: string) =>
      judge([waiver({ tap: "h.*.mlp", expires: "2027-01-31" })], today).checks.find((check) => check.id === "waivers");
    expect(said("2027-01-16")?.outcome).toBe("pass");
    expect(said("2027-01-17")).toMatchObject({ outcome: "warn", message: expect.stringContaining("in 14 days") });
    expect(said("2027-01-31")?.message).toContain("which is today");
  });

  it("holds up to its largest error only; NaN on one side is over any", () => {
    expect(judge([waiver({ tap: "h.*.mlp", maxError: 2e-3 })]).outcome).toBe("pass");
    const over = judge([waiver({ tap: "h.*.mlp", maxError: 1.9e-3 })]);
    expect(over).toMatchObject({ outcome: "fail", waivers: [{ state: "over" }] });
    const infinite = facts([wrong("h.0.mlp", Number.POSITIVE_INFINITY)]);
    const policy = { ...NO_GATE, waivers: [waiver({ tap: "h.0.mlp", maxError: 1 })] };
    expect(judgeGate(policy, infinite, TODAY).outcome).toBe("fail");
  });

  it("that fits no mismatch is reported as unused and fails nothing, even when it has expired", () => {
    const right = facts([pair("h.2.mlp")]);
    for (const expires of ["2027-06-30", "2026-01-01"]) {
      const gate = judgeGate({ ...NO_GATE, waivers: [waiver({ tap: "h.2.mlp", expires })] }, right, TODAY);
      expect(gate).toMatchObject({ outcome: "pass", waivers: [{ state: "unused", pairs: [] }] });
      expect(gate.checks.find((check) => check.id === "waivers")?.outcome).toBe("warn");
    }
  });
});
