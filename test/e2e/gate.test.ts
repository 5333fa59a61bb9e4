import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ParityConfig } from "../../src/config/types.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT } from "../helpers/python.js";
import { newFolder, runCli } from "../helpers/run-cli.js";
import { readSarif } from "../helpers/sarif.js";

const FAULTY = `${ROOT}examples/gpt2/faulty`;
const WAIVER = { reason: "until the next training", owner: "speech", expires: "2999-12-31" };

/** A folder with a configuration of the tiny GPT-2, and a run of it there. */
function project(config: Partial<ParityConfig>) {
  const folder = newFolder();
  const path = join(folder, "parity.config.json");
  const models = {
    reference: `${ROOT}examples/gpt2/models/tiny/model.ckpt`,
    candidate: `${ROOT}examples/gpt2/port.py:build`,
  };
  writeFileSync(path, JSON.stringify({ name: "tiny", ...models, ...config }));
  return {
    folder,
    run: (args: readonly string[], env: Record<string, string> = {}) =>
      runCli(["check", path, "--out", join(folder, "out"), ...args], { cwd: ROOT, env }),
    read: (name: string) => readFileSync(join(folder, name), "utf8"),
  };
}

const parse = (stdout: string) => JSON.parse(stdout) as CheckResult;

describe("a baseline, from its first day on", () => {
  const one = project({ baseline: { absoluteFloor: 0 }, coverage: {} });
  const file = "golden/tiny/baseline.json";
  let first: CheckResult;
  beforeAll(async () => {
    const missing = await one.run(["--json", "--report", "none"], { CI: "true" });
    expect(missing.exitCode, missing.stderr).toBe(2);
    first = parse(missing.stdout);
  });

  it("that is missing is no pass in CI, and the command that makes it is told", () => {
    expect(first).toMatchObject({ verdict: "parity", exitCode: 2, gate: { outcome: "could-not-judge" } });
    expect(first.gate.checks.at(-1)?.hint).toContain("parity check --update-baseline");
    expect(existsSync(join(one.folder, "golden"))).toBe(false);
  });

  it("is written when asked for, holds, and goes red when a layer is worse than k times its own", async () => {
    const written = await one.run(["--update-baseline", "--report", "none"]);
    expect(written.exitCode, written.stderr).toBe(0);
    expect(written.stdout).toMatch(/gate +✓ passed[\s\S]*baseline\.json written: 40 taps/);
    expect(readdirSync(join(one.folder, "golden/tiny"))).toEqual(["baseline.json"]);
    const kept = JSON.parse(one.read(file));
    expect(kept.taps["h.0.mlp.c_fc"]).toMatchObject({ run: "local", error: expect.any(Number) });
    expect(kept.provenance.runtimes.torch).toMatch(/^\d/);

    const summary = join(one.folder, "summary.md");
    const formats = ["--report", "json,html,junit,sarif,github,markdown"];
    const held = await one.run(formats, { CI: "true", GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary });
    expect(held.exitCode, held.stdout).toBe(0);
    expect(held.stdout).not.toContain("::");
    expect(readFileSync(summary, "utf8")).toMatch(/^## ✓ parity · `tiny`/);
    expect(readdirSync(join(one.folder, "out")).sort()).toEqual([
      "index.html",
      "junit.xml",
      "parity.md",
      "parity.sarif",
      "report.json",
    ]);
    readSarif(one.read("out/parity.sarif"));
    expect(JSON.parse(one.read("out/report.json"))).toMatchObject({ gate: { baseline: { state: "held", worse: [] } } });

    kept.taps["h.0.mlp.c_fc"].error /= 5;
    kept.taps["h.1.ln_1"].error *= 100;
    writeFileSync(join(one.folder, file), JSON.stringify(kept));
    const worse = await one.run(["--report", "none"], { CI: "true" });
    expect(worse.exitCode).toBe(1);
    expect(worse.stdout).toMatch(/^✗ parity, gate failed/);
    expect(worse.stdout).toMatch(/✗ h\.0\.mlp\.c_fc got worse: error \S+, baseline \S+ ×5; up to/);
    expect(worse.stdout).toContain("1 tap is 10 times better than the baseline: h.1.ln_1");
    expect(JSON.parse(one.read(file))).toEqual(kept);
  });

  it("that is damaged is an error before anything runs", async () => {
    writeFileSync(join(one.folder, file), '{"schemaVersion": 1, "taps": {"a": {"error": -1}}}');
    const run = await one.run(["--report", "none"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("baseline.json is no baseline of parity");
  });
});

describe("a faulty port", () => {
  const candidate = `${FAULTY}/two_faults.py:build`;

  it("passes where its fault is waived, shows that it is, and gives no baseline", async () => {
    const waivers = [{ ...WAIVER, cause: "transposed-weight", parameter: "h.*.attn.c_proj.weight" }];
    const { run, folder } = project({ candidate, waivers });
    const seen = await run(["--update-baseline", "--report", "junit"]);
    expect(seen.exitCode, seen.stdout).toBe(0);
    expect(seen.stdout).toMatch(/^✓ not parity, gate passed/);
    expect(seen.stdout).toContain("h.1.attn.c_proj, h.3.attn.c_proj: until 2999-12-31 by speech");
    expect(seen.stdout).toContain("--update-baseline wrote nothing");
    expect(existsSync(join(folder, "golden"))).toBe(false);
    expect(readFileSync(join(folder, "out/junit.xml"), "utf8")).toContain('failures="0" errors="0" skipped="2"');
  });

  it("fails with an expired waiver, an exceeded one, or none for its second fault", async () => {
    const waivers = [
      { ...WAIVER, tap: "h.1.attn.c_proj", expires: "2026-01-01" },
      { ...WAIVER, tap: "h.3.attn.c_proj", maxError: 1e-3 },
    ];
    const { run } = project({ candidate, waivers });
    const seen = await run(["--json", "--report", "github"]);
    expect(seen.exitCode).toBe(1);
    expect(parse(seen.stdout).gate.waivers.map((one) => one.state)).toEqual(["expired", "over"]);
    expect(seen.stderr).toContain("::error file=examples/gpt2/port.py,line=36,title=un-transposed weight%3A");
    expect(seen.stderr).toContain("expired on 2026-01-01");
  });

  // A level that names no tap: test/check/levels.test.ts.
  it("with a cause that does not exist is a mistake of the configuration", async () => {
    const cause = await project({ waivers: [{ ...WAIVER, cause: "norm-epsilno" }] }).run(["--report", "none"]);
    expect(cause.exitCode).toBe(2);
    expect(cause.stderr).toContain('Did you mean "norm-epsilon"?');
  });
});

describe("a check that ends with an error", () => {
  it("says so in every report that CI reads", async () => {
    const { run, folder } = project({ candidate: `${FAULTY}/raises.py:build` });
    const seen = await run(["--report", "json,junit,sarif,github,markdown"]);
    expect(seen.exitCode).toBe(2);
    expect(seen.stdout).toMatch(
      /^::error (file=.*,)?title=parity could not judge tiny::.*the third block has no MLP yet/,
    );
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["junit.xml", "parity.md", "parity.sarif"]);
    expect(readFileSync(join(folder, "out/junit.xml"), "utf8")).toContain('type="CANDIDATE_RAISED"');
    const sarif = readSarif(readFileSync(join(folder, "out/parity.sarif"), "utf8"));
    expect(sarif.runs[0]).toMatchObject({ invocations: [{ executionSuccessful: false }] });
  });

  it("in its configuration says so where the command line names the place", async () => {
    const { run, folder } = project({ name: "" });
    const seen = await run(["--report", "junit"]);
    expect(seen.exitCode).toBe(2);
    expect(readFileSync(join(folder, "out/junit.xml"), "utf8")).toContain("CONFIG_INVALID");
  });
});
