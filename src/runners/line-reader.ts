/** Longest line of the protocol (docs/protocol.md). A description of a model with 100,000 modules stays far below it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Turns chunks of bytes into lines. Chunks are joined only when a line is complete, so that a long line costs linear time.
 * A line beyond the limit is cut there: it then fails to parse, which ends the runner with a clear message.
 */
export function createLineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    let start = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, at));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      size = 0;
      start = at + 1;
      if (line.length > 0) onLine(line);
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    if (size <= MAX_LINE_BYTES) parts.push(rest);
  };
}
