import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { parseCheckArguments } from "../../src/cli/options.js";
import { checkCommand, quoteForShell } from "../../src/config/check-command.js";
import { resolveConfig } from "../../src/config/resolve.js";
import type { CheckOverrides } from "../../src/config/resolved.js";

const CWD = "/home/user/work";
const FILE = { config: { reference: "m.ckpt", candidate: "p.py:b" }, directory: CWD, path: `${CWD}/parity.config.ts` };

function commandOf(overrides: CheckOverrides, loaded: typeof FILE | null = null, pair = "h.0"): string {
  return checkCommand(resolveConfig(loaded, overrides, CWD), overrides, pair, CWD);
}

/** The words that a shell makes of a line. */
async function wordsOf(line: string): Promise<string[]> {
  const { stdout } = await execa("sh", ["-c", `printf '%s\\0' ${line}`], { stripFinalNewline: false });
  return stdout.split("\0").slice(0, -1);
}

describe("the command that checks one layer again", () => {
  it("names the configuration's file, and nothing that only says where reports go", () => {
    const overrides = { report: ["html"], out: "o", name: "n", bundle: "b", timeout: 9 } as const;
    expect(commandOf(overrides, FILE)).toBe("parity check parity.config.ts --only h.0");
  });

  it("read by a shell and by the program it gives the same check, whatever was typed", async () => {
    const typed = [
      ["--reference", "my models/m.ckpt", "--candidate", "p.py:b", "--text", "it's $HOME; `ls`", "--text=--dash"],
      ["--input", "X=[[1, 2]]", "--tolerance", "atol=1e-5,rtol=0", "--seed", "7", "--vocab", "v", "--weights", "w.pt"],
      ["--python", "./venv/bin/python", "--threads", "2", "--floors", "all", "--precision", "both", "--map", "m.json"],
    ].flat();
    const { overrides } = parseCheckArguments(typed);
    const { map: _, ...rest } = overrides;
    const config = resolveConfig(null, rest, CWD);
    const [, , ...words] = await wordsOf(checkCommand(config, overrides, "h.0[1] x", CWD));
    expect(parseCheckArguments(words).overrides).toEqual({ ...overrides, only: ["h.0[1] x"] });
  });

  it("spells a configuration out that lies in no file", () => {
    const given = { ...FILE, path: "the given configuration" };
    expect(commandOf({}, given)).toBe("parity check --reference m.ckpt --candidate p.py:b --only h.0");
  });

  it("makes a name with braces a glob that matches it", () => {
    expect(commandOf({}, FILE, "a{b}")).toBe("parity check parity.config.ts --only 'a?b?'");
  });
});

it("words are left as they are where a shell leaves them", () => {
  expect(["h.0.attn", "a/b:c=1,2", "", "a b", "(output)"].map(quoteForShell)).toEqual([
    "h.0.attn",
    "a/b:c=1,2",
    "''",
    "'a b'",
    "'(output)'",
  ]);
});
