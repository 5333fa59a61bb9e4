import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { createProgress, type Progress } from "../../src/report/progress.js";

/** A terminal of the given width that keeps a screen, for the few sequences that matter. */
class Screen {
  readonly isTTY = true;
  raw = "";
  rows: string[] = [""];
  constructor(readonly columns: number) {}

  write(text: string): void {
    this.raw += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of a terminal
    for (const part of text.split(/(\u001b\[\d*[A-Z]|\u001b\[\?25[hl]|\n|\r)/)) this.#apply(part);
  }

  #row = 0;
  #apply(part: string): void {
    if (part === "\n") this.#row += 1;
    else if (part.endsWith("A") && part.startsWith("\u001b")) this.#row -= Number(part.slice(2, -1));
    else if (part === "\u001b[0J") this.rows.length = this.#row;
    else if (part !== "\r" && !part.startsWith("\u001b")) this.rows[this.#row] = (this.rows[this.#row] ?? "") + part;
    while (this.rows.length <= this.#row) this.rows.push("");
  }

  get text(): string {
    return this.rows.join("\n").trimEnd();
  }
}

let progress: Progress | null = null;
afterEach(() => progress?.done());

describe("progress on a terminal", () => {
  test("one line per side, each with its own clock, redrawn in place", async () => {
    const screen = new Screen(80);
    progress = createProgress(screen, {});
    progress.update("reference", "restoring 148 variables");
    progress.update("candidate", "loading port/model.py");
    await sleep(150);
    progress.finish("reference", "148 taps");
    await sleep(150);
    const rows = screen.text.split("\n");
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/^ {2}✓ reference {2}148 taps {2}\d/);
    expect(rows[1]).toMatch(/^ {2}… candidate {2}loading port\/model\.py {2}0\.\d s$/);
  });

  test("nothing is left behind and the cursor comes back, however often it is ended", () => {
    const screen = new Screen(80);
    progress = createProgress(screen, {});
    progress.update("compare", "12 of 148 pairs");
    progress.log("a warning");
    progress.done();
    progress.done();
    expect(screen.text).toBe("a warning");
    expect(screen.raw.endsWith("\u001b[?25h")).toBe(true);
    expect(process.listenerCount("exit")).toBe(process.listeners("exit").filter((f) => f.name !== "done").length);
  });

  test("a long text never reaches the last column, where the terminal would break the line", async () => {
    const screen = new Screen(50);
    progress = createProgress(screen, {});
    progress.update("reference", `reading ${"model/".repeat(40)}\u001b[2J`);
    await sleep(120);
    expect(Math.max(...screen.rows.map((row) => row.length))).toBeLessThan(50);
    expect(stripVTControlCharacters(screen.raw)).not.toContain("\u001b");
  });
});

test.each([
  ["a pipe", false, {}],
  ["CI", true, { CI: "true" }],
  ["a dumb terminal", true, { TERM: "dumb" }],
])("%s sees no progress, only what is logged", (_name, isTTY, env) => {
  let written = "";
  const silent = createProgress({ isTTY, write: (text) => (written += text) }, env);
  silent.update("reference", "restoring");
  silent.finish("reference", "done");
  silent.log("a warning");
  silent.done();
  expect(written).toBe("a warning\n");
});
