import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { execa } from "execa";
import { type ErrorCode, ParityError, type ParityErrorOptions } from "../errors.js";
import { createLineReader } from "./line-reader.js";
import { createLogTail } from "./log-tail.js";
import type { ProgressListener, RunnerFailure, RunnerMessage } from "./types.js";

export interface RunnerOptions {
  /** What messages call it: "reference" or "candidate". */
  readonly label: "reference" | "candidate";
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Time for everything this runner does, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface RunnerProcess {
  /** Sends one request and waits for its answer. Rejects with a ParityError; after that error the runner may be dead. */
  request(method: string, params: object, onProgress?: ProgressListener): Promise<unknown>;
  /** Asks it to stop and makes sure that it has. Never throws. */
  close(): Promise<void>;
  /** Starts the clock of `timeoutMs` anew. */
  renew(): void;
  /** Stops it while nothing is asked. */
  rest(): void;
  /** The last lines it printed. */
  log(): string;
}

/** Time between asking a runner to stop and killing it. */
const STOP_GRACE_MS = 2000;

/** How long to wait, after a runner's end, for the end of its output: a process that it left behind may hold it open. */
const DRAIN_MS = 500;

/** The longest time that a timer of Node can wait, 24 days; a longer one would be over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ProgressListener | undefined;
}

/**
 * Starts a runner and speaks the protocol with it on descriptor 3. Its standard output and error are drained and only
 * their last lines kept. The process is killed when the time is over, when `signal` aborts, and when parity exits.
 */
export function startRunner(options: RunnerOptions): RunnerProcess {
  const { label } = options;
  const tail = createLogTail();
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let ended: Error | null = null;

  const subprocess = execa(options.command, [...options.args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    buffer: false,
    reject: false,
    forceKillAfterDelay: STOP_GRACE_MS,
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  subprocess.stdout?.on("data", tail.add);
  subprocess.stderr?.on("data", tail.add);
  // Node opens descriptors above 2 as socket pairs, so the same one carries both directions.
  const channel = subprocess.stdio[3] as unknown as Duplex;

  const end = (error: Error): void => {
    ended ??= error;
    clearTimeout(timer);
    for (const entry of waiting.values()) entry.reject(ended);
    waiting.clear();
  };
  const stop = (error: Error): void => {
    end(error);
    channel.destroy();
    subprocess.kill("SIGTERM");
  };
  const startClock = (): NodeJS.Timeout =>
    setTimeout(
      () => stop(timeoutError(label, options.timeoutMs, tail.text())),
      Math.min(options.timeoutMs, MAX_TIMER_MS),
    );
  let timer = startClock();
  const onAbort = (): void => stop(new ParityError("INTERRUPTED", "interrupted"));
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener("abort", onAbort, { once: true });

  channel.on("error", () => {
    // The process is gone or going; its exit, handled below, says why.
  });
  let hungUp: NodeJS.Timeout | undefined;
  channel.once("end", () => {
    // The end of a process closes its channel too, and says more: that is waited for.
    hungUp = setTimeout(() => stop(hangUpError(label, tail.text())), STOP_GRACE_MS);
  });
  channel.on(
    "data",
    createLineReader((line) => receive(line)),
  );
  const death = awaitEnd(subprocess, subprocess).then((result) => {
    options.signal?.removeEventListener("abort", onAbort);
    clearTimeout(hungUp);
    end(deathError(label, result, tail.text()));
    for (const stream of [subprocess.stdout, subprocess.stderr, channel]) stream?.destroy();
  });

  function receive(line: string): void {
    const message = parseMessage(line, label);
    if (message instanceof Error) {
      stop(message);
      return;
    }
    const entry = waiting.get(message.id);
    if (entry === undefined) return;
    if ("event" in message) {
      entry.onProgress?.(message.done, message.total, message.what);
      return;
    }
    waiting.delete(message.id);
    if ("error" in message) entry.reject(toError(message.error, label));
    else entry.resolve(message.result);
  }

  return {
    request(method, params, onProgress) {
      if (ended !== null) return Promise.reject(ended);
      const id = nextId++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, onProgress });
        channel.write(`${JSON.stringify({ id, method, params })}\n`);
      });
    },
    async close() {
      clearTimeout(timer);
      channel.end();
      const killer = setTimeout(() => subprocess.kill("SIGTERM"), STOP_GRACE_MS);
      await death;
      clearTimeout(killer);
    },
    renew() {
      clearTimeout(timer);
      if (ended === null) timer = startClock();
    },
    rest: () => clearTimeout(timer),
    log: () => tail.text(),
  };
}

interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
}

/** Resolves when the process has ended and its output was read, or could not be started. */
function awaitEnd(events: Pick<ChildProcess, "once">, result: PromiseLike<Ending>): Promise<Ending> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    events.once("exit", (code, signal) => {
      const ending: Ending = { exitCode: code ?? undefined, signal: signal ?? undefined };
      timer = setTimeout(() => resolve(ending), DRAIN_MS);
    });
    void result.then((ending) => {
      clearTimeout(timer);
      resolve(ending);
    });
  });
}

function parseMessage(line: string, label: "reference" | "candidate"): RunnerMessage | Error {
  const fail = (what: string, cause?: unknown): ParityError =>
    new ParityError("RUNNER_DIED", `The ${label} runner sent a line that is ${what}: ${line.slice(0, 200)}`, {
      cause,
      hint: "Something in the model wrote to file descriptor 3, which parity uses to talk to the runner.",
    });
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch (cause) {
    return fail("not JSON", cause);
  }
  if (typeof message !== "object" || message === null || !("id" in message)) return fail("no answer");
  // A runner that could not read a request cannot say which one it was.
  if (message.id === null && "error" in message) return toError(message.error as RunnerFailure, label);
  if (typeof message.id !== "number") return fail("no answer");
  return message as RunnerMessage;
}

function toError(failure: RunnerFailure, label: string): Error {
  if (failure.code === "PRECISION_UNSUPPORTED") return new PrecisionUnsupported(failure.message);
  const options: ParityErrorOptions = {
    ...(failure.hint ? { hint: failure.hint } : {}),
    ...(failure.where ? { where: failure.where } : {}),
    ...(failure.detail ? { detail: failure.detail } : {}),
  };
  const fallback: ErrorCode = label === "reference" ? "REFERENCE_FAILED" : "CANDIDATE_FAILED";
  return new ParityError(failure.code ?? fallback, failure.message, options);
}

/** The model cannot be run in float64: the noise floor is measured without that run. */
export class PrecisionUnsupported extends Error {
  override readonly name = "PrecisionUnsupported";
}

function timeoutError(label: string, timeoutMs: number, log: string): ParityError {
  return new ParityError("TIMEOUT", `The ${label} did not finish within ${timeoutMs / 1000} s and was stopped.`, {
    hint: "If the model is only slow, give it more time with --timeout SECONDS or smaller inputs; if it hangs, the last lines of its log may say where.",
    detail: log,
  });
}

function hangUpError(label: string, log: string): ParityError {
  return new ParityError("RUNNER_DIED", `The ${label} runner closed its connection to parity and did not end.`, {
    hint: "Something in the model closed file descriptor 3, which parity uses to talk to the runner.",
    detail: log,
  });
}

function deathError(label: string, result: Ending, log: string): ParityError {
  if (result.exitCode === undefined && result.signal === undefined) {
    return new ParityError(
      "RUNTIME_MISSING",
      `The ${label} runner could not be started: ${result.originalMessage ?? "unknown reason"}`,
      {
        hint: "`parity doctor` says which runtimes are usable and how to mend the others.",
      },
    );
  }
  const how = result.signal === undefined ? `exited with code ${result.exitCode}` : `was killed by ${result.signal}`;
  return new ParityError("RUNNER_DIED", `The ${label} runner ${how} in the middle of its work.`, {
    ...(result.signal === "SIGKILL"
      ? { hint: "A process killed by SIGKILL has usually run out of memory: try fewer or smaller inputs." }
      : {}),
    detail: log,
  });
}
