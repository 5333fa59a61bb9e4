import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseResult } from "../../src/report/json.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT } from "../helpers/python.js";
import { type CliRun, CONFIG, newFolder, runCli } from "../helpers/run-cli.js";

const FAULTY = ["--candidate", `${ROOT}examples/gpt2/faulty/two_faults.py:build`];
const out = newFolder();
let wrong: CliRun;
let result: CheckResult;

beforeAll(async () => {
  wrong = await runCli(["check", CONFIG, ...FAULTY, "--only", "h.3.**", "--only", "model/h0/attn", "--out", out]);
  result = parseResult(readFileSync(join(out, "report.json"), "utf8"));
}, 240_000);

describe("parity check --only", () => {
  it("judges, explains and reports the pairs that the globs name, by id or by the original's name, and no others", () => {
    expect(wrong.exitCode, wrong.stderr).toBe(1);
    expect(result.pairs.length).toBeGreaterThan(4);
    expect(result.pairs.every(({ id }) => id.startsWith("h.3.") || id === "h.0.attn")).toBe(true);
    expect(result.details.map((one) => one.pair)).toEqual(result.pairs.map((pair) => pair.id));
    expect(result.only).toEqual({ globs: ["h.3.**", "model/h0/attn"], of: 40 });
    expect(result.firstDivergence).toBe("h.3.attn.c_proj");
    expect(result.findings.map((one) => [one.status, one.cause, one.pair])).toEqual([
      ["confirmed", "transposed-weight", "h.3.attn.c_proj"],
    ]);
    const parameters = result.weights.map((one) => one.candidate ?? "");
    expect(parameters).toContain("h.3.attn.c_proj.weight");
    expect(parameters).toContain("h.0.attn.c_proj.weight");
    expect(parameters.every((one) => /^h\.(3\.|0\.attn\.)/.test(one))).toBe(true);
    // What the other layers do to the model is not known, so nothing is said of the whole with repairs.
    expect(result.summary.afterRepairs).toBeNull();
  });

  it("says so in the first line, in the sentence and in what was not covered", () => {
    const said = `${result.pairs.length} of 40 pairs`;
    expect(wrong.stdout.split("\n")[0]).toContain(`${said} (--only h.3.** --only model/h0/attn)`);
    expect(result.summary.sentence).toContain("--only h.3.**");
    expect(result.summary.notCovered[0]).toBe(
      `only what --only h.3.** --only model/h0/attn names was compared: ${said}`,
    );
    expect(wrong.stdout).toContain("the first of those that --only names");
    expect(wrong.stdout).not.toContain("everything before it");
  });

  it("of layers that agree in a model that does not it says that they agree, and never that the model does", async () => {
    const run = await runCli(["check", CONFIG, ...FAULTY, "--only", "h.2.**", "--report", "none"]);
    expect(run.exitCode, run.stderr).toBe(0);
    const [first = ""] = run.stdout.split("\n");
    expect(first).toMatch(/^✓ what was compared agrees · .*8 of 40 pairs \(--only h\.2\.\*\*\)/);
    expect(first).not.toContain("parity ");
    expect(run.stdout).not.toContain("computes what the original computes");
  }, 180_000);

  it("refuses a glob that matches nothing, with names that are near to it", async () => {
    const run = await runCli(["check", CONFIG, "--only", "h.3.attn.c_prj", "--json", "--report", "none"]);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout).error).toMatchObject({ code: "USAGE", where: { key: "--only" } });
    expect(run.stderr).toContain('--only "h.3.attn.c_prj" matches no pair.');
    expect(run.stderr).toContain("Near are h.3.attn.c_proj");
  }, 180_000);
});

describe("parity report", () => {
  it("writes the same reports again from the stored one", async () => {
    const again = newFolder();
    const run = await runCli(["report", join(out, "report.json"), "--out", again, "--report", "html,json"]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout.trim().split("\n")).toEqual([join(again, "index.html"), join(again, "report.json")]);
    expect(parseResult(readFileSync(join(again, "report.json"), "utf8"))).toEqual(result);
    expect(readFileSync(join(again, "index.html"), "utf8")).toContain("<!doctype html>");
  });

  it("takes a folder, and writes beside the stored report where nothing else is said", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "report.json"), readFileSync(join(out, "report.json")));
    const run = await runCli(["report", folder]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("<!doctype html>");
  });

  it.each([
    ["is not there", null, /cannot be read/],
    ["is no JSON", "<html>", /not JSON/],
    ["is no result", "{}", /not a result of parity check/],
    ["is of another version", '{"schemaVersion": 99}', /schema version 99; version 1 is read here/],
  ])("refuses a file that %s, and writes nothing", async (_what, text, message) => {
    const folder = newFolder();
    const file = join(folder, "report.json");
    if (text !== null) writeFileSync(file, text);
    const run = await runCli(["report", file, "--out", join(folder, "made")]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain(file);
    expect(() => readFileSync(join(folder, "made/index.html"))).toThrow();
  });

  it("refuses to write nothing", async () => {
    const run = await runCli(["report", join(out, "report.json"), "--report", "none"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("asked to write no report");
  });
});
