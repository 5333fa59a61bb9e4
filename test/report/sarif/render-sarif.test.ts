import { describe, expect, it } from "vitest";
import { ParityError } from "../../../src/errors.js";
import { describeFailure } from "../../../src/report/failure.js";
import { renderSarif, renderSarifFailure } from "../../../src/report/sarif/render-sarif.js";
import { artifactLocation } from "../../../src/report/sarif/to-uri.js";
import type { CheckResult } from "../../../src/report/types.js";
import { CONTEXT } from "../../helpers/report-context.js";
import { RESULTS, uncoveredResult, waivedResult, warnedResult } from "../../helpers/sample-gated.js";
import { badResult, goodResult, hostileResult, inconclusiveResult } from "../../helpers/sample-result.js";
import { readSarif } from "../../helpers/sarif.js";

interface Location {
  physicalLocation: { artifactLocation: { uri: string; uriBaseId?: string }; region?: { startLine: number } };
}
interface Run {
  tool: { driver: { rules: { id: string; help: { text: string } }[] } };
  invocations: {
    executionSuccessful: boolean;
    exitCode: number;
    toolExecutionNotifications: { message: { text: string } }[];
  }[];
  results: {
    ruleId: string;
    ruleIndex: number;
    level: string;
    message: { text: string };
    locations: Location[];
    partialFingerprints: Record<string, string>;
    suppressions?: { justification: string }[];
    fixes?: {
      artifactChanges: {
        replacements: { deletedRegion: Record<string, number>; insertedContent: { text: string } }[];
      }[];
    }[];
  }[];
}

function runOf(text: string): Run {
  const run = readSarif(text).runs[0] as Run;
  // Beyond the standard, GitHub's code scanning wants a help text with every rule.
  for (const rule of run.tool.driver.rules) expect(rule.help.text).not.toBe("");
  return run;
}
const render = (result: CheckResult): Run => runOf(renderSarif(result, CONTEXT));

describe("parity.sarif", () => {
  it.each(RESULTS)("of %s is valid, and every result names a rule that is there", (_, make) => {
    const { tool, results } = render(make());
    for (const one of results) expect(tool.driver.rules[one.ruleIndex]?.id).toBe(one.ruleId);
  });

  it("has a confirmed cause as an error at the user's line, with the catalogue's help, worst first", () => {
    const { results, tool, invocations } = render(badResult());
    expect(results.map((one) => [one.ruleId, one.level])).toEqual([
      ["transposed-weight", "error"],
      ["unexplained", "warning"],
    ]);
    expect(results[0]?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: "models/port/model.py", uriBaseId: "%SRCROOT%" },
      region: { startLine: 41 },
    });
    expect(tool.driver.rules[0]?.help.text).toContain("square kernels pass every shape check");
    expect(invocations[0]).toMatchObject({ executionSuccessful: true, exitCode: 1 });
    expect(render(goodResult()).results).toEqual([]);
  });

  it("keeps a fingerprint when the line moves, and gives other faults other ones", () => {
    const moved = badResult();
    const findings = moved.findings.map((one) => ({ ...one, source: { file: "other.py", line: 7 } }));
    const prints = (run: Run) => run.results.map((one) => one.partialFingerprints["parity/v1"]);
    expect(prints(render({ ...moved, findings }))).toEqual(prints(render(badResult())));
    expect(new Set(prints(render(badResult()))).size).toBe(2);
  });

  it("replaces the user's whole line where the fix is known as one", () => {
    const bad = badResult();
    const rewrite = { file: "port/model.py", line: 41, before: "    a = b", after: "    a = b.T" };
    const findings = bad.findings.map((one) => (one.status === "confirmed" ? { ...one, rewrite } : one));
    const [fix] = render({ ...bad, findings }).results[0]?.fixes ?? [];
    expect(fix?.artifactChanges[0]?.replacements).toEqual([
      {
        deletedRegion: { startLine: 41, startColumn: 1, endLine: 41, endColumn: 10 },
        insertedContent: { text: "    a = b.T" },
      },
    ]);
  });

  it("shows waived faults as suppressed notes, and those that only warn as warnings", () => {
    const waived = render(waivedResult()).results.find((one) => one.ruleId === "transposed-weight");
    expect(waived?.level).toBe("note");
    expect(waived?.suppressions?.[0]?.justification).toContain("until 2027-01-31 by speech");
    expect(render(warnedResult()).results.find((one) => one.ruleId === "transposed-weight")?.level).toBe("warning");
  });

  it("has mismatches that no finding explains, and what the gate demands, at the configuration where there is no line", () => {
    const bare = render({ ...badResult(), findings: [] });
    expect(bare.results.map((one) => [one.ruleId, one.level])).toEqual([["unexplained", "error"]]);
    const [gate] = render(uncoveredResult()).results;
    expect(gate).toMatchObject({ ruleId: "gate/taps", level: "error" });
    expect(gate?.locations[0]?.physicalLocation.artifactLocation.uri).toBe("models/parity.config.ts");
  });

  it("says why there is no judgement", () => {
    expect(render(inconclusiveResult()).invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ message: { text: expect.stringContaining("has no partner") } }],
    });
    const error = new ParityError("CONFIG_INVALID", "parity.config.ts: no", {
      where: { file: "parity.config.ts", line: 3 },
      hint: "Write yes.",
    });
    const failed = runOf(renderSarifFailure(describeFailure(error, "gpt2"), CONTEXT));
    expect(failed.results).toEqual([]);
    expect(failed.invocations[0]).toMatchObject({
      executionSuccessful: false,
      exitCode: 2,
      toolExecutionNotifications: [
        {
          message: { text: "parity.config.ts: no Write yes." },
          locations: [{ physicalLocation: { region: { startLine: 3 } } }],
        },
      ],
    });
  });

  it("encodes paths, so that each leads back to the file", () => {
    for (const path of ["a b/ü#1?.py", "c:x/100%.py", "</script>.py", "\u{1f600}/x.py"]) {
      const { uri } = artifactLocation(path);
      expect(uri).toMatch(/^[\x21-\x7e]+$/);
      expect(decodeURIComponent(new URL(uri, "file:///r/").pathname)).toBe(`/r/${path}`);
    }
    expect(artifactLocation("/abs/a b.py")).toEqual({ uri: "file:///abs/a%20b.py" });
    expect(() => artifactLocation("\ud800.py")).not.toThrow();
    expect(render(hostileResult()).results.length).toBeGreaterThan(0);
  });

  it("stays under what GitHub takes, and says that something was cut", () => {
    const bad = badResult();
    const [one] = bad.findings;
    if (one === undefined) throw new Error("the sample has findings");
    const findings = Array.from({ length: 5002 }, (_, i) => ({ ...one, pair: `p${i}`, pairs: [] }));
    const run = render({ ...bad, findings });
    expect(run.results).toHaveLength(5000);
    expect(run.invocations[0]?.toolExecutionNotifications.at(-1)?.message.text).toMatch(/^\d+ more results/);
  });
});
