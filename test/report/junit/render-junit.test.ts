import { beforeAll, describe, expect, it } from "vitest";
import { ParityError } from "../../../src/errors.js";
import { describeFailure } from "../../../src/report/failure.js";
import { renderJunit, renderJunitFailure } from "../../../src/report/junit/render-junit.js";
import { escapeText } from "../../../src/report/junit/xml.js";
import { pipePython } from "../../helpers/pipe-python.js";
import { CONTEXT } from "../../helpers/report-context.js";
import { RESULTS, uncoveredResult, waivedResult, warnedResult } from "../../helpers/sample-gated.js";
import { badResult, goodResult, hostileResult, inconclusiveResult } from "../../helpers/sample-result.js";

interface Case {
  name: string;
  file?: string;
  line?: string;
  outcome: "passed" | "failure" | "error" | "skipped";
  message: string | null;
  text: string;
}
interface Read {
  faults: string[];
  tests: string;
  failures: string;
  skipped: string;
  errors: string;
  suites: { name: string; tests: string; failures: string; skipped: string; errors: string; cases: Case[] }[];
}

/** In one process: the validator takes a second to start. */
const read = async (...texts: readonly string[]): Promise<Read[]> =>
  JSON.parse(await pipePython("test/fixtures/report/read_junit.py", JSON.stringify(texts)));
const caseOf = (read: Read | undefined, name: string) =>
  read?.suites.flatMap((suite) => suite.cases).find((one) => one.name === name);

describe("junit.xml", () => {
  const made = RESULTS.map(([name, make]) => ({ name, result: make() }));
  let all: Read[];

  beforeAll(async () => {
    all = await read(...made.map(({ result }) => renderJunit(result, CONTEXT)));
  });

  it.each(made)("of $name fits the schema, has a case for every pair, and counts them right", ({ result }) => {
    const seen = all[made.findIndex((one) => one.result === result)];
    if (seen === undefined) throw new Error("it was not read");
    expect(seen.faults).toEqual([]);
    expect(seen.suites[0]?.cases).toHaveLength(result.pairs.length);
    for (const suite of [...seen.suites, { ...seen, cases: seen.suites.flatMap((one) => one.cases) }]) {
      const count = (outcome: string) => String(suite.cases.filter((one) => one.outcome === outcome).length);
      expect([suite.tests, suite.failures, suite.errors, suite.skipped]).toEqual([
        String(suite.cases.length),
        count("failure"),
        count("error"),
        count("skipped"),
      ]);
    }
    const names = seen.suites.map((suite) => suite.cases.map((one) => one.name));
    for (const list of names) expect(new Set(list).size).toBe(list.length);
  });

  it("shows a mismatch as a failure with the finding, its proof and its fix, at the line in the repository", async () => {
    const [seen] = await read(renderJunit(badResult(), CONTEXT));
    const one = caseOf(seen, "h.3.attn.c_proj");
    expect(one).toMatchObject({ outcome: "failure", file: "models/port/model.py" });
    expect(one?.message).toBe("differs: ×5.4e5 noise");
    expect(one?.text).toContain("confirmed: nn.Linear stores [out, in]");
    expect(one?.text).toContain("the layer's error goes 3.1e+0 → 4.4e-7");
    expect(one?.text).toContain('Fix: state["h.3.attn.c_proj.weight"] = w.T');
  });

  it("skips what is waived, warned of or not compared, with the reason, and fails nothing then", async () => {
    const results = [waivedResult(), warnedResult(), inconclusiveResult()];
    const [waived, warned, open] = await read(...results.map((one) => renderJunit(one, CONTEXT)));
    expect(waived?.failures).toBe("0");
    expect(caseOf(waived, "h.3.attn.c_proj")).toMatchObject({
      outcome: "skipped",
      message: "waived until 2027-01-31 by speech: known | `since` <b>May</b>, @all",
    });
    expect(caseOf(warned, "h.3.attn.c_proj")).toMatchObject({
      outcome: "skipped",
      message: expect.stringContaining('levels["h.3.*.c_proj"]: warn'),
    });
    expect(open?.suites[0]?.cases[0]).toMatchObject({
      outcome: "skipped",
      message: "not compared: the candidate did not get this far",
    });
    expect(caseOf(open, "compared")?.outcome).toBe("error");
  });

  it("has the rules of the gate as cases of their own", async () => {
    const [seen] = await read(renderJunit(uncoveredResult(), CONTEXT));
    expect(caseOf(seen, "taps")).toMatchObject({
      outcome: "failure",
      message: expect.stringContaining("coverage.taps = 1"),
    });
    expect(caseOf(seen, "parameters")?.outcome).toBe("passed");
  });

  it("keeps names as they are, but for what XML cannot hold", async () => {
    const all = Array.from({ length: 0x110 }, (_, i) =>
      String.fromCodePoint(i * 0x100, i * 0x100 + 7, i * 0x100 + 0xfe),
    );
    const name = `a\n\tb${all.join("")}\ud800&<>"'`;
    const results = [hostileResult(), { ...goodResult(2), name }];
    const [seen, odd] = await read(...results.map((one) => renderJunit(one, CONTEXT)));
    expect(seen?.suites[0]?.name).toBe("</script><img src=x onerror=alert(1)>");
    expect(odd?.suites[0]?.name).toMatch(/^a\n\tb/);
    expect(odd?.suites[0]?.name.endsWith(`&<>"'`)).toBe(true);
    expect(escapeText("\u0000\u0008\u001b[31m\ufffe\udfff]]>")).toBe("[31m]]&gt;");
  });

  it("of a check that ended with an error holds the error", async () => {
    const error = new ParityError("CANDIDATE_RAISED", "forward() raised", {
      hint: "Run it alone.",
      detail: "Traceback <x>",
    });
    const [seen] = await read(renderJunitFailure(describeFailure(error, "gpt2")));
    expect(seen).toMatchObject({ faults: [], errors: "1", suites: [{ name: "gpt2" }] });
    expect(seen?.suites[0]?.cases[0]).toMatchObject({
      outcome: "error",
      message: "forward() raised",
      text: "forward() raised Run it alone.\n\nTraceback <x>",
    });
  });
});

describe("the schema of the tests", () => {
  it("refuses what is wrong: a missing count, an unknown element, text where none belongs", async () => {
    const start = '<testsuites name="a" tests="1" failures="0" errors="0" skipped="0" time="1">';
    const suite = '<testsuite name="a" tests="x" failures="0" errors="0" skipped="0" time="1">text<pass/></testsuite>';
    const texts = [`${start}${suite}</testsuites>`, '<testsuites name="a"/>', `${start}&#0;</testsuites>`];
    const [wrong, empty, broken] = await read(...texts);
    expect(wrong?.faults.join()).toMatch(/tests='x'.*character data.*Unexpected child with tag 'pass'/);
    expect(empty?.faults.join()).toContain("missing required attribute 'tests'");
    expect(broken?.faults.join()).toContain("no XML");
  });
});
