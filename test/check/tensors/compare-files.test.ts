import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareFiles } from "../../../src/check/tensors/compare-files.js";
import { makeFolder } from "../../formats/expected-tensors.js";
import { recordTiny } from "../../helpers/golden.js";
import { runPython } from "../../helpers/python.js";
import { runCli } from "../../helpers/run-cli.js";

const folder = makeFolder();
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await runPython("test/fixtures/tensors/make_pairs.py", [folder.path]);
}, 60_000);
afterAll(() => folder.remove());

const [LEFT, RIGHT] = [at("left.npz"), at("right.npz")];

describe("compareFiles", () => {
  it("pairs by name and judges each pair, what fails first", async () => {
    const { exitCode, rows } = await compareFiles(LEFT, RIGHT);
    expect(exitCode).toBe(1);
    const verdicts = Object.fromEntries(rows.map((row) => [row.reference ?? row.candidate, row.verdict]));
    expect(verdicts).toEqual({
      same: "identical",
      near: "within",
      far: "differs",
      nan: "differs",
      shape: "differs",
      count: "identical",
      empty: "not-compared",
      "only-left": "missing",
      "only-right": "missing",
    });
    expect(rows.slice(0, 3).every((row) => row.verdict === "differs")).toBe(true);
  });

  it("gives numpy's figures: largest error, its place, relative L2", async () => {
    const expected = JSON.parse(readFileSync(at("expected.json"), "utf8")) as Record<
      string,
      { maxAbs: number; index: number[]; relativeL2: number }
    >;
    const { rows } = await compareFiles(LEFT, RIGHT);
    for (const [name, figures] of Object.entries(expected)) {
      const row = rows.find((one) => one.reference === name);
      expect([name, row?.maxAbs?.index]).toEqual([name, figures.index]);
      expect(row?.maxAbs?.value).toBeCloseTo(figures.maxAbs, 12);
      expect((row?.relativeL2 ?? 0) / figures.relativeL2).toBeCloseTo(1, 6);
    }
  });

  it("takes bounds, a map, and allows what is missing", async () => {
    const wide = await compareFiles(LEFT, RIGHT, { bounds: { atol: 1, rtol: 0 } });
    expect(wide.rows.find((row) => row.reference === "far")?.verdict).toBe("within");
    const tight = await compareFiles(LEFT, RIGHT, { bounds: { atol: 0, rtol: 0 } });
    expect(tight.rows.find((row) => row.reference === "near")?.verdict).toBe("differs");
    const mapped = await compareFiles(LEFT, RIGHT, { map: { "only-left": "only-right" } });
    expect(mapped.counts.missing).toBe(0);
    await expect(compareFiles(LEFT, RIGHT, { map: { gone: "far" } })).rejects.toThrow(
      "The map names gone, which the reference does not hold.",
    );
  });

  it("is 0 for a file and itself, and 2 where no name is on both sides, also when that is allowed", async () => {
    expect((await compareFiles(LEFT, LEFT)).exitCode).toBe(0);
    expect((await compareFiles(LEFT, at("other.npz"))).exitCode).toBe(2);
    expect((await compareFiles(LEFT, at("other.npz"), { allowMissing: true })).exitCode).toBe(2);
  });
});

describe("parity compare", () => {
  it("shows the worst first with its place and both values, and what would pass", async () => {
    const { exitCode, stdout } = await runCli(["compare", LEFT, RIGHT]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/✗ far +5×6 +5\.0e-1/);
    expect(stdout).toMatch(/worst at \[2, 3\]: /);
    expect(stdout).toContain("2 elements are NaN or infinite on one side, the first at [1]");
    expect(stdout).toContain("the shapes are not the same: 2×3 and 3×2");
  });

  it("compares two goldens file by file", async () => {
    const golden = at("golden");
    await recordTiny(golden);
    const { exitCode, stdout } = await runCli(["compare", golden, golden, "--json"]);
    expect([exitCode, JSON.parse(stdout).counts.differs]).toEqual([0, 0]);
    expect(JSON.parse(stdout).rows.length).toBeGreaterThan(50);
  }, 60_000);

  it("refuses a tolerance of noise, which two files do not tell", async () => {
    writeFileSync(at("map.json"), '{ "only-left": "only-right" }');
    const { exitCode, stderr } = await runCli(["compare", LEFT, RIGHT, "--map", at("map.json"), "--tolerance", "auto"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Two files tell no noise")]);
  });
});
