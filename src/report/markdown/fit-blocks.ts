import { formatCount } from "../format-number.js";

const TABLE = ["| | candidate | reference | error | verdict |", "|---|---|---|---|---|"];
/** Room for what is said of what was cut. */
const RESERVE = 300;

/**
 * Puts blocks and a folded table together as far as they fit: whole blocks, whole rows, and a sentence for what was cut. The
 * first block is always there, shortened if it must be.
 *
 * @param limit bytes (UTF-8) of the whole
 */
export function fitBlocks(blocks: readonly string[], rows: readonly string[], limit: number): string {
  const room = limit - RESERVE;
  const kept: string[] = [];
  let used = 0;
  let cutBlocks = 0;
  for (const [at, block] of blocks.entries()) {
    const size = bytesOf(block) + 2;
    if (used + size <= room) {
      kept.push(block);
      used += size;
    } else if (at === 0) {
      const start = shortenBytes(block, room);
      kept.push(start);
      used += bytesOf(start) + 2;
    } else cutBlocks++;
  }
  const head = `<details><summary>${formatCount(rows.length, "pair")}</summary>\n\n${TABLE.join("\n")}`;
  const tail = "\n\n</details>";
  used += bytesOf(head) + bytesOf(tail) + 2;
  const shown: string[] = [];
  for (const row of rows) {
    used += bytesOf(row) + 1;
    if (used > room) break;
    shown.push(row);
  }
  if (shown.length > 0) kept.push([head, ...shown].join("\n") + tail);
  const cut = [
    ...(cutBlocks > 0 ? [formatCount(cutBlocks, "part")] : []),
    ...(rows.length > shown.length ? [`${formatCount(rows.length - shown.length, "pair")} of ${rows.length}`] : []),
  ];
  if (cut.length > 0) kept.push(`Cut for length: ${cut.join(", ")}. The report has all of it.`);
  return `${kept.join("\n\n")}\n`;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The start of a text that fits, cut between characters. */
function shortenBytes(text: string, limit: number): string {
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += bytesOf(character);
    if (used > limit - 3) return `${kept}…`;
    kept += character;
  }
  return kept;
}
