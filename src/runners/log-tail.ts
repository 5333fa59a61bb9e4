/** Enough to hold a Python traceback with a few lines before it. */
const KEPT_BYTES = 16 * 1024;
const KEPT_LINES = 30;

/** Keeps the last lines of what a process prints, whatever the amount. */
export function createLogTail(): { add: (chunk: Buffer) => void; text: () => string } {
  let kept: Buffer = Buffer.alloc(0);
  return {
    add(chunk) {
      const joined = chunk.length >= KEPT_BYTES ? chunk : Buffer.concat([kept, chunk]);
      kept = joined.subarray(Math.max(0, joined.length - KEPT_BYTES));
    },
    text: () => kept.toString("utf8").trimEnd().split("\n").slice(-KEPT_LINES).join("\n"),
  };
}
