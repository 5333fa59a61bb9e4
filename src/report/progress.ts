import { formatSeconds } from "./format-number.js";
import { printable } from "./printable.js";
import { padRight, shortenMiddle } from "./terminal/fit-text.js";

/** What the renderer needs of a stream; `process.stderr` has it. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Progress {
  /** Shows `text` on the line of `key` (`reference`, `candidate`, `compare`); a new key gets a new line and clock. */
  update(key: string, text: string): void;
  /** Stops the clock of `key` and leaves its line as it is until `done`. */
  finish(key: string, text: string): void;
  /** Writes a line above the progress without disturbing it. When nothing is shown it is simply written. */
  log(text: string): void;
  /** Wipes the lines and gives the cursor back. May be called more than once. */
  done(): void;
}

interface Line {
  text: string;
  readonly since: number;
  until: number | null;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ERASE_BELOW = "\u001b[0J";
/** Often enough for tenths of a second to move, seldom enough to cost nothing. */
const REDRAW_MS = 100;
const KEY_WIDTH = 11;

/**
 * A few lines that say what is going on, redrawn in place on a terminal and wiped at the end. Silent when the stream is
 * not a terminal or when `CI` is set, for there the lines would only pile up in a log.
 */
export function createProgress(stream: ProgressStream, env: NodeJS.ProcessEnv = process.env): Progress {
  const ci = env.CI !== undefined && env.CI !== "" && env.CI !== "false" && env.CI !== "0";
  if (stream.isTTY !== true || ci || env.TERM === "dumb") return createSilentProgress(stream);
  return createVisibleProgress(stream);
}

function createSilentProgress(stream: ProgressStream): Progress {
  return {
    update() {},
    finish() {},
    log: (text) => void stream.write(`${text}\n`),
    done() {},
  };
}

function createVisibleProgress(stream: ProgressStream): Progress {
  const lines = new Map<string, Line>();
  let drawn = 0;
  let timer: NodeJS.Timeout | null = null;

  const wipe = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\r${ERASE_BELOW}`);
  const draw = (): void => {
    const text = [...lines].map(([key, line]) => `${layOut(key, line, stream.columns ?? 80)}\n`).join("");
    stream.write(wipe() + text);
    drawn = lines.size;
  };
  const done = (): void => {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    process.removeListener("exit", done);
    stream.write(wipe() + SHOW_CURSOR);
    drawn = 0;
    lines.clear();
  };
  const set = (key: string, text: string, finished: boolean): void => {
    const now = performance.now();
    const line = lines.get(key) ?? { text, since: now, until: null };
    line.text = text;
    line.until = finished ? now : null;
    lines.set(key, line);
    if (timer === null) {
      timer = setInterval(draw, REDRAW_MS);
      // The clock alone must not keep the process alive; whatever ends it, the cursor comes back.
      timer.unref();
      process.once("exit", done);
      stream.write(HIDE_CURSOR);
      draw();
    }
  };
  return {
    update: (key, text) => set(key, text, false),
    finish: (key, text) => set(key, text, true),
    log(text) {
      stream.write(`${wipe()}${text}\n`);
      drawn = 0;
      if (timer !== null) draw();
    },
    done,
  };
}

/** One line that never reaches the last column, where a terminal would break it and the wiping would miss a row. */
function layOut(key: string, line: Line, columns: number): string {
  const seconds = formatSeconds(((line.until ?? performance.now()) - line.since) / 1000);
  const sign = line.until === null ? "…" : "✓";
  const room = Math.max(1, columns - 1);
  const textRoom = Math.max(8, room - KEY_WIDTH - 6 - seconds.length);
  const text = shortenMiddle(printable(line.text), textRoom);
  return shortenMiddle(`  ${sign} ${padRight(key, KEY_WIDTH)}${text}  ${seconds}`, room);
}
