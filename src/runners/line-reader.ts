/** Longest line of the protocol (docs/protocol.md). A description of a model with 100,000 modules stays far below it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Of a line beyond the limit this much is shown. */
const SHOWN_BYTES = 200;

/**
 * Turns chunks of bytes into lines. Chunks are joined only when a line is complete, so that a long line costs linear time.
 * Of a line beyond the limit only the beginning is given, at once and marked as cut: it then fails to parse, which ends
 * the runner with a clear message.
 */
export function createLineReader(onLine: (line: string) => void, maxBytes = MAX_LINE_BYTES): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  let skipping = false;
  const take = (part: Buffer): void => {
    if (skipping) return;
    parts.push(part);
    size += part.length;
    if (size <= maxBytes) return;
    const head = Buffer.concat(parts).subarray(0, SHOWN_BYTES).toString("utf8");
    skipping = true;
    onLine(`${head}… (a line longer than ${maxBytes} bytes)`);
  };
  return (chunk) => {
    let start = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, at));
      start = at + 1;
      const whole = !skipping && size > 0;
      const line = whole ? Buffer.concat(parts).toString("utf8") : "";
      parts = [];
      size = 0;
      skipping = false;
      if (whole) onLine(line);
    }
    if (start < chunk.length) take(chunk.subarray(start));
  };
}
