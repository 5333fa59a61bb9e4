import { styleText } from "node:util";

/** In a log nobody watches, a long step still says every so often that it is alive. */
const HEARTBEAT_MS = 20_000;
const REDRAW_MS = 100;

/**
 * Shows one step while it works: a line that is redrawn on a terminal, a few plain lines elsewhere.
 * Everything goes to standard error, so that standard output belongs to what runs after set-up.
 * @param {string} name
 * @param {string} why shown while the step has said nothing yet
 * @param {{ quiet: boolean }} options
 */
export function startProgress(name, why, { quiet }) {
  const out = process.stderr;
  const live = out.isTTY === true && !quiet;
  const started = performance.now();
  let latest = why;
  const write = (/** @type {string} */ text) => {
    if (!quiet) out.write(text);
  };
  const redraw = () => {
    const head = `… ${name}  ${seconds(started)}  `;
    out.write(`\r\x1b[2K${head}${styleText("dim", shorten(latest, (out.columns ?? 80) - head.length - 1))}`);
  };
  if (live) redraw();
  else write(`… ${name}  ${why}\n`);
  const timer = setInterval(
    () => (live ? redraw() : write(`  ${name}  ${seconds(started)}  ${shorten(latest, 120)}\n`)),
    live ? REDRAW_MS : HEARTBEAT_MS,
  );
  const close = (/** @type {string} */ mark) => {
    clearInterval(timer);
    write(`${live ? "\r\x1b[2K" : ""}${mark} ${name}  ${seconds(started)}\n`);
  };
  return {
    /** @param {string} line */
    show(line) {
      latest = line;
    },
    done: () => close("✓"),
    fail: () => close("✗"),
  };
}

/** @param {number} started */
function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/**
 * @param {string} text
 * @param {number} width
 */
function shorten(text, width) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: child processes colour their output; a cut colour would stay on.
  const plain = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\x00-\x1f]/g, " ");
  return plain.length <= width ? plain : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
