import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PORT, TINY } from "../helpers/golden.js";
import { CONFIG, newFolder, runCli, startCli } from "../helpers/run-cli.js";

const folder = newFolder();
const golden = join(folder, "golden/gpt2-tiny");
/** Not in CI, whoever runs this. */
const LOCAL = { CI: "" };
const ONE_CASE = ["--reference", TINY, "--text", "Once."];

let recorded: Awaited<ReturnType<typeof runCli>>;

beforeAll(async () => {
  recorded = await runCli(["record", ...ONE_CASE, "--out", golden], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("parity record", () => {
  it("shows what it wrote, with sizes, and leaves nothing else", () => {
    expect(recorded.exitCode, recorded.stderr).toBe(0);
    expect(recorded.stdout).toMatch(/✓ recorded golden\/gpt2-tiny · 1 case · 70 tensors · \d/);
    expect(recorded.stdout).toMatch(/variables\.safetensors +952 kB +52 variables/);
    expect(recorded.stdout).toMatch(/inner\/c0\.safetensors +[\d.]+ [kM]B +\d+ inner tensors of c0/);
    expect(readdirSync(join(folder, "golden"))).toEqual(["gpt2-tiny"]);
    expect(readdirSync(golden).sort()).toEqual([
      "c0.safetensors",
      "float64",
      "golden.json",
      "graph.meta",
      "inner",
      "inputs.safetensors",
      "variables.safetensors",
    ]);
  });

  it("refuses a candidate as the reference, a size over the limit, and a folder that is something else", async () => {
    const other = join(folder, "other");
    mkdirSync(join(other, "precious"), { recursive: true });
    const [candidate, size, place, glob] = await Promise.all([
      runCli(["record", "--reference", PORT, "--out", join(folder, "x")]),
      runCli(["record", ...ONE_CASE, "--max-size", "1MB", "--out", join(folder, "x")]),
      runCli(["record", ...ONE_CASE, "--out", other]),
      runCli(["record", ...ONE_CASE, "--taps", "no/such/*", "--out", join(folder, "x")]),
    ]);
    expect([candidate, size, place, glob].map((run) => run.exitCode)).toEqual([2, 2, 2, 2]);
    expect(candidate.stderr).toContain("A golden is recorded from the original");
    expect(size.stderr).toMatch(/would have more than 1\.0 MB/);
    expect(size.stderr).toContain("--storage float16");
    expect(place.stderr).toContain("is no golden and not empty");
    expect(glob.stderr).toContain("matches no tap of the original");
    expect(readdirSync(other)).toEqual(["precious"]);
    expect(readdirSync(folder).filter((name) => name.includes("x"))).toEqual([]);
  });

  it("keeps only the hidden states that were asked for, and a check compares those", async () => {
    const few = join(folder, "few");
    const run = await runCli([
      "record",
      ...ONE_CASE,
      "--taps",
      "model/h0/**",
      "--inner",
      "none",
      "--double",
      "none",
      "--out",
      few,
    ]);
    expect(run.exitCode, run.stderr).toBe(0);
    const check = await runCli(["check", "--reference", few, "--candidate", PORT, "--json", "--report", "none"], {
      cwd: folder,
    });
    expect(check.exitCode, check.stderr).toBe(0);
    const ids: string[] = JSON.parse(check.stdout).pairs.map((pair: { id: string }) => pair.id);
    expect(ids).toContain("h.0.mlp.c_proj");
    expect(ids).toContain("(output)");
    expect(ids.filter((id) => id.startsWith("h.2."))).toEqual([]);
  });

  it("that is interrupted leaves the old golden, or none, and exits with 130", async () => {
    const before = readFileSync(join(golden, "golden.json"), "utf8");
    for (const out of [golden, join(folder, "golden/never")]) {
      const running = startCli(["record", ...ONE_CASE, "--out", out], { cwd: folder });
      // Its draft lies beside the golden as soon as it has begun.
      await expect
        .poll(() => readdirSync(join(folder, "golden")).some((name) => name.endsWith(".tmp")), { timeout: 60_000 })
        .toBe(true);
      running.kill("SIGINT");
      expect((await running).exitCode).toBe(130);
    }
    expect(readFileSync(join(golden, "golden.json"), "utf8")).toBe(before);
    expect(readdirSync(join(folder, "golden"))).toEqual(["gpt2-tiny"]);
  });
});

describe("a machine without TensorFlow", () => {
  /** Loaded into every Node process that is started: notes who asks for TensorFlow, and fails as if it were not installed. */
  const hook = join(folder, "no-tensorflow.mjs");
  const seen = join(folder, "asked.txt");
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}`, ...LOCAL };

  beforeAll(() => {
    writeFileSync(
      hook,
      `import { appendFileSync } from "node:fs";
import Module from "node:module";
const note = (what) => appendFileSync(${JSON.stringify(seen)}, what + "\\n");
if ((process.argv[1] ?? "").includes("tfjs-worker")) note("worker");
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (!request.includes("tfjs")) return resolve.call(this, request, ...rest);
  note("tfjs");
  throw new Error("Cannot find module '" + request + "'");
};
`,
    );
  });

  // A whole check each, perhaps several, and recordings: seconds on a quiet machine, minutes on a busy one.
  vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

  it("checks a port against a golden, and nothing asks for TensorFlow", async () => {
    const args = ["check", "--reference", golden, "--candidate", PORT, "--report", "none"];
    const run = await runCli(args, { cwd: folder, env });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/✓ parity/);
    expect(run.stdout).toMatch(/golden +reference from golden\/gpt2-tiny, recorded \d{4}-\d\d-\d\d with tensorflow 2/);
    expect(existsSync(seen)).toBe(false);
  });

  it("cannot check against the checkpoint itself: the hook does what it should", async () => {
    const run = await runCli(["check", ...ONE_CASE, "--candidate", PORT, "--report", "none"], { cwd: folder, env });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("TensorFlow (tfjs-node) cannot be loaded");
    expect(readFileSync(seen, "utf8")).toContain("worker");
  });
});

describe("a golden that is missing", () => {
  const args = (out: string) => ["check", CONFIG, "--text", "Once.", "--golden", out, "--report", "none"];

  it("is not written in CI: exit 2 with the command to run", async () => {
    const out = join(folder, "in-ci");
    const run = await runCli(args(out), { env: { CI: "true" } });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("There is no golden");
    expect(run.stderr.replace(/\s+/g, " ")).toContain("parity record examples/gpt2/parity.config.ts --out");
    expect(existsSync(out)).toBe(false);
  });

  it("is written elsewhere, and said to be", async () => {
    const out = join(folder, "at-home");
    const run = await runCli(args(out), { env: LOCAL });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout.replace(/\s+/g, " ")).toContain("it was missing and has just been written");
    expect(existsSync(join(out, "golden.json"))).toBe(true);
  });
});

describe("parity golden verify", () => {
  it("holds while the original gives the same, and does not when the golden was changed", async () => {
    const run = await runCli(["golden", "verify", golden, "--reference", TINY], { cwd: folder });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toContain("the golden holds · golden/gpt2-tiny · all 70 tensors bit for bit the same");
    const path = join(golden, "c0.safetensors");
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, bytes.length - 8));
    const altered = await runCli(["golden", "verify", golden, "--reference", TINY], { cwd: folder });
    expect(altered.exitCode).toBe(1);
    expect(altered.stdout).toContain("c0.safetensors was altered");
  });
});
