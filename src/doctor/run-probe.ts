import { execa } from "execa";

/** Importing torch from a cold disk can take most of a minute; more is a hang. */
const TIME_LIMIT_MS = 90_000;

export type Probe =
  | { readonly ok: true; readonly answer: unknown }
  /** Why it failed, in one line: the last thing the process said, or how it ended. */
  | { readonly ok: false; readonly why: string };

/**
 * Runs a small program whose last line of standard output is JSON. A process of its own, because a native library that
 * does not fit the machine ends its process. Never throws.
 */
export async function runProbe(program: string, args: readonly string[], cwd = process.cwd()): Promise<Probe> {
  const run = await execa(program, args, {
    cwd,
    reject: false,
    stdin: "ignore",
    timeout: TIME_LIMIT_MS,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
  });
  if (!run.failed) return readAnswer(run.stdout);
  if (run.code === "ENOENT") return { ok: false, why: `${program} was not found` };
  if (run.timedOut) return { ok: false, why: `gave no answer within ${TIME_LIMIT_MS / 1000} seconds` };
  if (run.signal !== undefined) return { ok: false, why: `its process died of ${run.signal}` };
  return { ok: false, why: findReason(run.stderr) ?? `exit code ${run.exitCode ?? "unknown"}` };
}

function readAnswer(stdout: string): Probe {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  try {
    return { ok: true, answer: JSON.parse(line) };
  } catch {
    return { ok: false, why: `answered "${line.slice(0, 80)}"` };
  }
}

/** The line that names the error: Node prints the stack below it, Python above it. */
function findReason(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim());
  return lines.find((line) => /^(\w*Error|\w*Exception)\b.*:/.test(line)) ?? lines.findLast((line) => line !== "");
}
