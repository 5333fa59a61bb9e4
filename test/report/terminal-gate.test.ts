import { describe, expect, it } from "vitest";
import { renderTerminal } from "../../src/report/terminal.js";
import type { CheckResult } from "../../src/report/types.js";
import { withGate } from "../helpers/sample-gate.js";
import { uncoveredResult, waivedResult, warnedResult } from "../helpers/sample-gated.js";
import { badResult, goodResult, inconclusiveResult } from "../helpers/sample-result.js";

const show = (result: CheckResult, width = 110) => renderTerminal(result, { color: false, width });
const gateOf = (text: string) => text.split("\n\n").find((part) => part.startsWith("  gate"));

describe("the gate in the terminal", () => {
  it("is not there where none is configured: nothing is said twice", () => {
    for (const result of [goodResult(), badResult(), inconclusiveResult()])
      expect(gateOf(show(result))).toBeUndefined();
    expect(show(badResult())).toMatch(/^✗ not parity · /);
    expect(show(inconclusiveResult())).toMatch(/^\? could not judge · /);
  });

  it("says in one glance why it failed, by how much, and which key to edit", () => {
    const text = show(uncoveredResult());
    expect(text).toMatch(/^✗ parity, gate failed · gpt2-124M/);
    expect(gateOf(text)).toBe(`  gate     ✗ failed   1 failed, 4 passed
           ✗ 112 of 113 taps were compared, 1 fewer than coverage.taps = 1 demands: h.0.attn.dropout was not
             Pair it with a map, or set coverage.taps to 0.99.`);
  });

  it("lists what is waived, with whom to ask, and what only warns", () => {
    const waived = show(waivedResult());
    expect(waived).toMatch(/^✓ not parity, gate passed/);
    expect(gateOf(waived)).toContain("waived   h.3.attn.c_proj: until 2027-01-31 by speech: known");
    expect(gateOf(show(warnedResult()))).toContain(
      '! h.3.attn.c_proj differs: local ×5.4e5 noise, a warning by levels["h.3.*.c_proj"]',
    );
  });

  it("names a few of many layers and says how many more there are; all with --verbose", () => {
    const bad = badResult();
    const pairs = bad.pairs.map((pair, at) => (at < 9 ? { ...pair, verdict: "mismatch" as const } : pair));
    const result = withGate({ ...bad, pairs }, { levels: [{ glob: "ln_f", level: "warn" }] });
    expect(gateOf(show(result))).toContain("… 7 more taps");
    expect(gateOf(renderTerminal(result, { color: false, width: 110, verbose: true }))).not.toContain("more taps");
  });

  it("fits a narrow terminal", () => {
    for (const line of gateOf(show(uncoveredResult(), 60))?.split("\n") ?? [])
      expect([...line].length).toBeLessThanOrEqual(60);
  });
});
