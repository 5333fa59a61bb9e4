import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addCheckOptions, CHECK_OPTIONS, parseCheckArguments } from "../../src/cli/options.js";

const overridesOf = (...argv: string[]) => parseCheckArguments(argv).overrides;

describe("the words after `parity check`", () => {
  it("reads every option into its field", () => {
    const argv =
      "config.ts --reference m.ckpt --candidate p.py:b --weights w.pt --input X=ids:1x2 --input y=[[1,2]] --text a --text b --vocab v --only h.0 --only h.1 " +
      "--map m.json --tolerance atol=1e-5,rtol=1e-4 --precision both --report json,html --out o --timeout 1.5 --seed 7 --name n " +
      "--python py --threads 2 --floors all --verify-checksums --self-noise always --model m --shard 2/3 --fix r.safetensors --force --bundle b --json --verbose --no-color";
    expect(parseCheckArguments(argv.split(" "))).toEqual({
      configPath: "config.ts",
      overrides: {
        reference: "m.ckpt",
        candidate: "p.py:b",
        weights: "w.pt",
        values: [
          ["X", "ids:1x2"],
          ["y", "[[1,2]]"],
        ],
        texts: ["a", "b"],
        only: ["h.0", "h.1"],
        vocab: "v",
        map: "m.json",
        tolerance: { atol: 1e-5, rtol: 1e-4 },
        precision: "both",
        report: ["json", "html"],
        out: "o",
        timeout: 1.5,
        seed: 7,
        name: "n",
        python: "py",
        threads: 2,
        floors: "all",
        verifyChecksums: true,
        selfNoise: "always",
        model: "m",
        shard: { index: 2, count: 3 },
        fix: "r.safetensors",
        force: true,
        bundle: "b",
      },
      display: { json: true, verbose: true, color: false },
    });
  });

  it("leaves everything unsaid to the configuration", () => {
    expect(parseCheckArguments([])).toEqual({ overrides: {}, display: { json: false, verbose: false, color: true } });
  });

  it("keeps texts with commas, = and a leading dash apart from options", () => {
    expect(overridesOf("--text", "a, b = c", "--text=--verbose")).toEqual({ texts: ["a, b = c", "--verbose"] });
    expect(overridesOf("--input", "X=a=b.npz")).toEqual({ values: [["X", "a=b.npz"]] });
  });

  it("reads the named tolerances and no report at all", () => {
    expect(overridesOf("--tolerance", "auto").tolerance).toBe("auto");
    expect(overridesOf("--tolerance", "per-dtype").tolerance).toBe("per-dtype");
    expect(overridesOf("--tolerance", "rtol=0,atol=0").tolerance).toEqual({ atol: 0, rtol: 0 });
    expect(overridesOf("--report", "none").report).toEqual([]);
  });

  it.each([
    [["--tolerance", "atol=1e-5"], "Give both atol and rtol or neither"],
    [["--tolerance", "1e-5"], "Expected auto, per-dtype, or atol=1e-5,rtol=1e-4."],
    [["--tolerance", "atol=,rtol=1"], "Expected auto, per-dtype, or atol=1e-5,rtol=1e-4."],
    [["--tolerance", "atol=-1,rtol=1"], "Expected auto, per-dtype, or atol=1e-5,rtol=1e-4."],
    [["--tolerance", "atol=1,rtol=1,btol=1"], "Expected auto, per-dtype, or atol=1e-5,rtol=1e-4."],
    [["--precision", "float64"], "Expected float32 or both."],
    [
      ["--report", "json,pdf"],
      '"pdf" is not a report format. Expected json, html, junit, sarif, github, markdown, several of them with commas, or none.',
    ],
    [["--fix", "repaired.pt"], "Expected a file name that ends with .safetensors"],
    [["--timeout", "0"], "Expected a positive number of seconds, such as 600."],
    [["--timeout", "soon"], "Expected a positive number of seconds, such as 600."],
    [["--seed", "1.5"], "Expected a whole number, 0 or more."],
    [["--threads", "-1"], "Expected a whole number, 0 or more."],
    [["--floors", "some"], "Expected needed or all."],
    [["--input", "[[1,2,3]]"], "Expected NAME=SPEC, such as X=ids.npz or 'X=[[1,2,3]]'."],
    [["--input", "X="], "Expected NAME=SPEC"],
    [["--reference"], "Option '--reference <model>' argument missing."],
    [["a.ts", "b.ts"], "Too many arguments"],
  ])("refuses %j as a usage error that says what was expected", (argv, message) => {
    expect(() => parseCheckArguments(argv)).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining(message) }),
    );
  });

  it("suggests the option that a misspelt one means", () => {
    expect(() => parseCheckArguments(["--tolerence", "auto"])).toThrow(
      expect.objectContaining({ message: "Unknown option '--tolerence'.", hint: "Did you mean --tolerance?" }),
    );
  });

  it("shows every option of the table in the help", () => {
    const help = addCheckOptions(new Command("check")).helpInformation();
    for (const { flags } of CHECK_OPTIONS) expect(help).toContain(flags);
    expect(help.match(/^ {2}--/gm)).toHaveLength(CHECK_OPTIONS.length);
  });
});
