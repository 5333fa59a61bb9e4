import { setTimeout as wait } from "node:timers/promises";
import { ParityError } from "../../src/errors.js";
import { type RunnerOptions, type RunnerProcess, startRunner } from "../../src/runners/wire.js";
import { ROOT } from "../helpers/python.js";

const SCRIPT = `${ROOT}test/fixtures/runners/runner.mjs`;

/** Starts test/fixtures/runners/runner.mjs, a process that does what it is told. */
export const launch = (options: Partial<RunnerOptions> = {}): RunnerProcess =>
  startRunner({ label: "candidate", command: process.execPath, args: [SCRIPT], timeoutMs: 30_000, ...options });

/** The ParityError with which a promise rejects. */
export async function errorOf(promise: Promise<unknown>): Promise<ParityError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (reason: Error) => reason,
  );
  if (!(error instanceof ParityError)) throw error;
  return error;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process has ended, after waiting for it for some seconds. */
export async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && isAlive(pid); tries++) await wait(50);
  return !isAlive(pid);
}
