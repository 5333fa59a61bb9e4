import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT, STATE } from "./paths.mjs";
import { SetupStop } from "./stop.mjs";

/** Enough to show an npm, pip or compiler error with its surroundings. */
const TAIL_LINES = 15;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends what set-up has started; for an interrupted set-up. */
export function stopChildren() {
  for (const child of running) child.kill("SIGTERM");
}

/**
 * Runs a program to its end, without standard input. All it says goes to `.parity/<log>.log`, its latest line to `show`.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ log: string, failed: string, hint: string, show: (line: string) => void, cwd?: string, env?: NodeJS.ProcessEnv }} options
 *   `failed` and `hint` are the message of the SetupStop thrown when the exit code is not 0.
 * @returns {Promise<string>} the last lines of its output
 */
export async function runChild(program, args, options) {
  mkdirSync(STATE, { recursive: true });
  const logFile = join(STATE, `${options.log}.log`);
  const log = createWriteStream(logFile);
  log.write(`$ ${[program, ...args].join(" ")}\n`);
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  /** @type {string[]} */
  const tail = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      log.write(`${line}\n`);
      if (line.trim() === "") return;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      options.show(line.trim());
    });
  }
  const outcome = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  running.delete(child);
  await new Promise((resolve) => log.end(resolve));
  if (outcome === 0) return tail.join("\n");
  const ended = typeof outcome === "number" ? `exit code ${outcome}` : outcome;
  throw new SetupStop(`${options.failed} (${ended})`, options.hint, `${tail.join("\n")}\n\nwhole log: ${logFile}`);
}
