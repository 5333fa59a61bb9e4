import { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";
import { newFolder, processesWith, startCli } from "../helpers/run-cli.js";

const TIMEOUT = 240_000;
let folder: string;
let output = "";
let runs = 0;
let running: ReturnType<typeof startCli>;

/** Waits for the block of one more run and gives it back. */
async function nextBlock(): Promise<string> {
  const wanted = runs + 1;
  for (;;) {
    const blocks = output.split(/^── /m).slice(1);
    const block = blocks[wanted - 1];
    if (block?.includes("Ctrl-C ends") === true) {
      runs = wanted;
      return block;
    }
    if (running.exitCode !== null) throw new Error(`the watch ended: ${output}`);
    await sleep(50);
  }
}

const port = (): string => readFileSync(join(folder, "port.py"), "utf8");
const save = (text: string): void => writeFileSync(join(folder, "port.py"), text);

beforeAll(async () => {
  folder = newFolder();
  copyFileSync(`${ROOT}examples/gpt2/port.py`, join(folder, "port.py"));
  // A module of the user's own that the port imports, as large ports have them.
  writeFileSync(join(folder, "activation.py"), "APPROXIMATE = 'tanh'\n");
  save(
    port()
      .replace('approximate="tanh"', "approximate=APPROXIMATE")
      .replace("import torch\n", "import torch\nfrom activation import APPROXIMATE\n"),
  );
  writeFileSync(
    join(folder, "parity.config.json"),
    JSON.stringify({
      name: "watched",
      reference: `${ROOT}examples/gpt2/models/tiny`,
      candidate: "port.py:build",
      inputs: { values: { X: "ids:2x5" } },
      report: [],
    }),
  );
  running = startCli(["watch"], { cwd: folder, env: { GPT2_MODEL: `${ROOT}examples/gpt2/models/tiny` } });
  running.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
});

afterAll(() => {
  running.kill("SIGKILL");
});

describe("parity watch", () => {
  it(
    "checks at once, then again when a module that the port imports is saved, and says what is new and what is fixed",
    async () => {
      expect(await nextBlock()).toContain("✓ parity · watched");
      // Same length, same second: what Python's own cache of compiled files would miss.
      writeFileSync(join(folder, "activation.py"), "APPROXIMATE = 'none'\n");
      const wrong = await nextBlock();
      expect(wrong).toContain("activation.py changed");
      expect(wrong.indexOf("looking for the cause")).toBeLessThan(wrong.indexOf("✗ not parity"));
      expect(wrong).toMatch(/new {6}h\.0\.mlp\.c_proj, h\.1\.mlp\.c_proj/);
      expect(wrong).toContain("another form of gelu");
      writeFileSync(join(folder, "activation.py"), "APPROXIMATE = 'tanh'\n");
      const right = await nextBlock();
      expect(right).toMatch(/fixed {4}h\.0\.mlp\.c_proj/);
      expect(right).toContain("✓ parity");
    },
    TIMEOUT,
  );

  it(
    "shows a syntax error and goes on, also when the editor saves by renaming",
    async () => {
      const good = port();
      save(`${good}\ndef broken(:\n`);
      expect(await nextBlock()).toContain("SyntaxError");
      writeFileSync(join(folder, "port.py.tmp"), good);
      renameSync(join(folder, "port.py.tmp"), join(folder, "port.py"));
      expect(await nextBlock()).toContain("✓ parity");
    },
    TIMEOUT,
  );

  it(
    "gives up a diagnosis when something is saved meanwhile, and checks what was saved with the sides still warm",
    async () => {
      const good = port();
      // Every pass takes a while, and so does every experiment.
      save(good.replace("approximate=APPROXIMATE", 'approximate=[__import__("time").sleep(0.1), "none"][1]'));
      const from = output.length;
      while (!output.slice(from).includes("looking for the cause")) {
        if (running.exitCode !== null) throw new Error(`the watch ended: ${output}`);
        await sleep(20);
      }
      save(good);
      while (!output.slice(from).includes("Ctrl-C ends")) await sleep(20);
      const told = output.slice(from);
      expect(told).toMatch(/port\.py changed: not looked into any further/);
      // The fault has no block of its own, and was never explained.
      expect(told).not.toContain("not parity");
      expect(told).toContain("✓ parity");
      runs += 2;
    },
    TIMEOUT,
  );

  it(
    "ends by Ctrl-C with 130, nothing left running",
    async () => {
      running.kill("SIGINT");
      const { exitCode } = await running;
      expect(exitCode).toBe(130);
      expect((await processesWith(folder)).length).toBe(0);
    },
    TIMEOUT,
  );
});
