import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";
import { newFolder, runCli } from "../helpers/run-cli.js";

let folder: string;

/** A project as a user has it: a checkpoint in a folder, a port beside it. */
beforeEach(() => {
  folder = newFolder();
  mkdirSync(join(folder, "models"));
  symlinkFiles(join(folder, "models", "tiny"));
  // The example has a second function that builds a model; most ports have one.
  const port = readFileSync(`${ROOT}examples/gpt2/port.py`, "utf8").replaceAll(
    "build_from_checkpoint",
    "from_checkpoint",
  );
  writeFileSync(join(folder, "port.py"), port);
});

function symlinkFiles(to: string): void {
  mkdirSync(to);
  const names = ["checkpoint", "encoder.json", "hparams.json", "vocab.bpe", "model.safetensors"];
  const parts = ["data-00000-of-00001", "index", "meta"].map((part) => `model.ckpt.${part}`);
  for (const name of [...names, ...parts]) {
    const from = `${ROOT}examples/gpt2/models/tiny/${name}`;
    if (name.startsWith("model.ckpt")) copyFileSync(from, join(to, name));
    else symlinkSync(from, join(to, name));
  }
}

const inFolder = (...args: string[]) => runCli(args, { cwd: folder });

describe("parity init", () => {
  it.each(["ts", "yaml"])(
    "finds both models and writes a parity.config.%s that checks as it is",
    async (format) => {
      const init = await inFolder("init", "--format", format);
      expect(init.exitCode, init.stderr).toBe(0);
      const file = join(folder, `parity.config.${format}`);
      const text = readFileSync(file, "utf8");
      expect(text).toContain("models/tiny/model.ckpt");
      expect(text).toContain("port.py:build");
      const { n_vocab, n_ctx } = JSON.parse(readFileSync(`${ROOT}examples/gpt2/models/tiny/hparams.json`, "utf8"));
      const ids = `(token ids below ${n_vocab}, up to ${n_ctx} of them)`;
      expect(text).toContain(`X: int32 [?, ?] ${ids}, which the port takes as tokens`);
      const check = await inFolder("check", "--report", "none");
      expect(check.exitCode, check.stderr).toBe(0);
      expect(check.stdout).toMatch(/^✓ parity/);
      const again = await inFolder("init", "--format", format);
      expect([again.exitCode, again.stderr.includes("exists already")]).toEqual([2, true]);
      expect(readFileSync(file, "utf8")).toBe(text);
    },
    120_000,
  );

  it("lists several candidates and takes none", async () => {
    copyFileSync(join(folder, "port.py"), join(folder, "other.py"));
    const init = await inFolder("init");
    expect(init.exitCode).toBe(2);
    expect(init.stderr).toContain("--candidate other.py:build");
    expect(init.stderr).toContain("--candidate port.py:build");
    expect(existsSync(join(folder, "parity.config.ts"))).toBe(false);
  });

  it("writes nothing for a port that cannot be built, and says why", async () => {
    writeFileSync(join(folder, "bad.py"), "import torch\n\ndef build():\n    raise ValueError('no weights here')\n");
    const init = await inFolder("init", "--candidate", "bad.py:build");
    expect(init.exitCode).toBe(2);
    expect(init.stderr).toContain("no weights here");
    expect(existsSync(join(folder, "parity.config.ts"))).toBe(false);
  }, 60_000);
});
