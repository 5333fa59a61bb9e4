import { copyFileSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ROOT, runPython } from "../helpers/python.js";
import { CONFIG, newFolder, processesWith, runCli, startCli } from "../helpers/run-cli.js";

const TINY = `${ROOT}examples/gpt2/models/tiny`;
const PORT = `${ROOT}examples/gpt2/port.py:build`;

/** A copy of the tiny checkpoint that a test may damage. */
function copyOfTiny(): string {
  const folder = newFolder();
  for (const name of readdirSync(TINY)) copyFileSync(join(TINY, name), join(folder, name));
  return folder;
}

async function fails(args: readonly string[]): Promise<string> {
  const out = newFolder();
  const run = await runCli(["check", ...args, "--out", out]);
  expect(run.exitCode, run.stderr).toBe(2);
  expect(run.stdout).toBe("");
  expect(readdirSync(out)).toEqual([]);
  return run.stderr;
}

describe("what cannot be judged exits with 2 and says what to do", () => {
  it("a reference that is not there", async () => {
    const stderr = await fails(["--reference", `${TINY}/nothing.ckpt`, "--candidate", PORT]);
    expect(stderr).toContain("nothing.ckpt");
    expect(stderr).toContain("→");
  });

  it("a port that is not there, or has no such callable", async () => {
    expect(await fails(["--reference", TINY, "--candidate", "no/such/port.py:build"])).toContain("port.py");
    expect(await fails(["--reference", TINY, "--candidate", `${ROOT}examples/gpt2/port.py:bulid`])).toMatch(
      /bulid[\s\S]*build/,
    );
  });

  it("a truncated shard of the checkpoint", async () => {
    const folder = copyOfTiny();
    truncateSync(join(folder, "model.ckpt.data-00000-of-00001"), 1000);
    const stderr = await fails(["--reference", folder, "--candidate", PORT]);
    expect(stderr).toContain("model.ckpt.data-00000-of-00001");
    expect(stderr).toContain("1000");
    expect(stderr).toContain("→");
  });

  it("a .meta that belongs to another model", async () => {
    const other = newFolder();
    await runPython("test/fixtures/gpt2/foreign.py", ["--out", other]);
    const folder = copyOfTiny();
    const meta = readdirSync(other).find((name) => name.endsWith(".meta")) ?? "";
    copyFileSync(join(other, meta), join(folder, "model.ckpt.meta"));
    const stderr = await fails(["--reference", folder, "--candidate", PORT]);
    expect(stderr).toContain("does not belong to the checkpoint");
    expect(stderr).toContain("model.ckpt.meta");
  });

  it("a port that raises: the user's own line and traceback", async () => {
    const stderr = await fails([CONFIG, "--candidate", `${ROOT}examples/gpt2/faulty/raises.py:build`]);
    expect(stderr).toContain("the third block has no MLP yet");
    expect(stderr).toMatch(/examples\/gpt2\/faulty\/raises\.py:\d+/);
    expect(stderr).toContain("Traceback");
  });

  it("a port that hangs is stopped at the time limit, and no process is left", async () => {
    const started = Date.now();
    const stderr = await fails([
      CONFIG,
      "--candidate",
      `${ROOT}examples/gpt2/faulty/hangs.py:build`,
      "--timeout",
      "12",
    ]);
    expect(stderr).toContain("did not finish within 12 s");
    expect(Date.now() - started).toBeLessThan(40_000);
  });

  it("a port that is killed", async () => {
    const stderr = await fails([CONFIG, "--candidate", `${ROOT}test/fixtures/e2e/killed.py:build`]);
    expect(stderr).toContain("SIGKILL");
    expect(stderr).toContain("memory");
  });

  it("nothing to compare is inconclusive, with --json too", async () => {
    const run = await runCli([
      "check",
      CONFIG,
      "--candidate",
      `${ROOT}test/fixtures/e2e/unrelated.py:build`,
      "--json",
      "--out",
      newFolder(),
    ]);
    expect(run.exitCode).toBe(2);
    const result = JSON.parse(run.stdout);
    expect(result).toMatchObject({ verdict: "inconclusive", exitCode: 2 });
    expect(result.reason).toContain("nothing was compared");
  });

  it("--json answers on standard output also when the run fails", async () => {
    const run = await runCli(["check", "--reference", `${TINY}/nothing.ckpt`, "--candidate", PORT, "--json"]);
    expect(run.exitCode).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({
      verdict: "inconclusive",
      exitCode: 2,
      error: { code: "FILE_NOT_FOUND" },
    });
  });

  it("an unknown option and an unknown command", async () => {
    expect((await runCli(["check", "--refrence", "x"])).exitCode).toBe(2);
    expect((await runCli(["chek"])).exitCode).toBe(2);
  });
});

describe("Ctrl-C", () => {
  it("exits with 130, leaves no process, no temporary folder and no report", async () => {
    const out = newFolder();
    const scratch = newFolder();
    const candidate = `${ROOT}examples/gpt2/faulty/hangs.py:build`;
    const child = startCli(["check", CONFIG, "--candidate", candidate, "--out", out], {
      env: { TMPDIR: scratch, PARITY_TEST_MARK: scratch },
    });
    // Until both runners are up and the port hangs.
    for (let i = 0; i < 200 && readdirSync(scratch).length === 0; i++) await setTimeout(100);
    await setTimeout(6000);
    child.kill("SIGINT");
    const { exitCode } = await child;
    expect(exitCode).toBe(130);
    expect(readdirSync(out)).toEqual([]);
    expect(readdirSync(scratch).filter((name) => name.startsWith("parity-"))).toEqual([]);
    await setTimeout(500);
    expect(await leftBehind(scratch)).toEqual([]);
  });
});

/** Processes that inherited this run's environment. */
async function leftBehind(mark: string): Promise<string[]> {
  const lines = await processesWith("parity_harness.server");
  const pids = lines.map((line) => line.trim().split(/\s+/)[0] ?? "");
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
}
