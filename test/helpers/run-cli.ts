import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT } from "./python.js";

export const CONFIG = `${ROOT}examples/gpt2/parity.config.ts`;
const MAIN = `${ROOT}dist/cli/main.js`;

export interface CliRun {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own for one test's reports. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "parity-test-"));
}

/** Starts the built command line as a user's shell would, without a terminal. */
export function startCli(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  return execa(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    // Where these tests themselves run in Actions, the checks that they start must not write into their log and summary.
    env: { CI: "", GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "", ...options.env },
    reject: false,
  });
}

export async function runCli(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<CliRun> {
  const { exitCode, stdout, stderr } = await startCli(args, options);
  return { exitCode, stdout, stderr };
}

/** `parity check --json` on the tiny example with another candidate; the JSON is parsed. */
export async function checkCandidate(
  candidate: string,
  extra: readonly string[] = [],
): Promise<CliRun & { result: CheckResult }> {
  const run = await runCli(["check", CONFIG, "--candidate", candidate, "--json", "--out", newFolder(), ...extra]);
  return { ...run, result: JSON.parse(run.stdout) as CheckResult };
}

/** Processes whose command line or environment mentions `text`: what a run left behind. */
export async function processesWith(text: string): Promise<string[]> {
  const { stdout } = await execa("ps", ["-eo", "pid,args"]);
  return stdout.split("\n").filter((line) => line.includes(text) && !line.includes("ps -eo"));
}
