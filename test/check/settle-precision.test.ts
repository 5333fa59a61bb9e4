import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { ParityConfig } from "../../src/config/types.js";
import { renderTerminal } from "../../src/report/terminal.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-cancelling-"));
  await runPython("test/fixtures/check/make_cancelling.py", [folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pairOf = (result: CheckResult, id: string) => result.pairs.find((pair) => pair.id === id);

function checkPort(port: string, more: Partial<ParityConfig> = {}): Promise<CheckResult> {
  const model = `${ROOT}test/fixtures/check/cancelling_port.py:${port}`;
  const weights = join(folder, "model.safetensors");
  return check({ reference: join(folder, "model.ckpt"), candidate: { model, weights }, ...more }, { cwd: ROOT });
}

describe("an original that loses digits, and a port that does not", () => {
  let result: CheckResult;
  beforeAll(async () => {
    result = await checkPort("right");
  });

  it("is no mismatch: what float32 calls one vanishes in float64", () => {
    const norm = pairOf(result, "norm");
    expect(norm?.local?.metrics.relativeL2).toBeGreaterThan(1e-5);
    expect(norm?.noise?.ratio).toBeGreaterThan(10);
    expect(norm?.float64?.verdict).toBe("rounding");
    expect(norm?.float64?.relativeL2).toBeLessThan(1e-10);
    expect(norm?.verdict).toBe("within-noise");
    expect(norm?.tolerance.rule).toBe("float64");
    expect(result.verdict).toBe("parity");
    expect(result.firstDivergence).toBeNull();
  });

  it("nobody is suspected, and a warning says what was seen and why it is right", () => {
    expect(result.findings).toEqual([]);
    const said = result.summary.warnings.filter((text) =>
      text.startsWith("norm differs by more than its measured noise"),
    );
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/rounding: with both sides in float64 the relative error falls [\d.]+e-\d+ → [\d.]+e-\d+/);
    const shown = renderTerminal(result, { color: false, width: 120, verbose: true });
    expect(shown).toMatch(/norm .* in float64 +✓ within noise/);
  });

  it("layers that float32 settles are not run again", () => {
    expect(pairOf(result, "fc")?.float64).toBeNull();
    expect(pairOf(result, "embed")?.float64).toBeNull();
  });
});

describe("a fault", () => {
  it("keeps its size in float64 and stays a mismatch", async () => {
    const result = await checkPort("other_gelu", { precision: "both" });
    const wrong = result.pairs.filter((pair) => pair.verdict === "mismatch");
    expect(wrong.map((pair) => pair.id)).toEqual(["activation"]);
    const [fault] = wrong;
    expect(fault?.float64?.verdict).toBe("difference");
    const single = fault?.local?.metrics.relativeL2 ?? 0;
    expect((fault?.float64?.relativeL2 ?? 0) / single).toBeCloseTo(1, 2);
    expect(fault?.note).toMatch(/no rounding/);
    expect(result.verdict).toBe("mismatch");
    // The other fault-free layers are settled in the same run.
    expect(pairOf(result, "norm")?.float64?.verdict).toBe("rounding");
    expect(pairOf(result, "fc")?.float64?.verdict).toBe("rounding");
  });

  it("a mismatch under the user's own tolerance stays one: only its note says that it is rounding", async () => {
    const result = await checkPort("right", { tolerances: { norm: { atol: 1e-7, rtol: 1e-7 } } });
    expect(pairOf(result, "norm")?.verdict).toBe("mismatch");
    expect(pairOf(result, "norm")?.note).toMatch(/beyond atol .*rounding: with both sides in float64/);
    expect(result.verdict).toBe("mismatch");
  });
});

describe("a port that computes in 16 bits", () => {
  it("is not let off, although float64 widens those steps and the error vanishes", async () => {
    const result = await checkPort("narrow_norm");
    const norm = pairOf(result, "norm");
    expect(norm?.float64?.relativeL2).toBeLessThan(1e-7);
    expect(norm?.float64?.verdict).toBe("unclear");
    expect(norm?.verdict).toBe("mismatch");
    expect(norm?.note).toMatch(/the port computes in 16 bits here/);
    expect(result.verdict).toBe("mismatch");
  });
});

describe("a side that cannot be run in float64", () => {
  it("is a warning, and everything stays as float32 judged it", async () => {
    const result = await checkPort("single_only");
    expect(pairOf(result, "norm")?.verdict).toBe("mismatch");
    expect(pairOf(result, "norm")?.float64).toBeNull();
    expect(result.summary.warnings.join("\n")).toMatch(/float64 could not settle \d+ pairs?: .*for float32 only/);
  });
});

describe("the example, compared in both precisions", () => {
  it("meets PyTorch's float64 in every layer, up to the constants that Python rounded to float32 when the graph was made", async () => {
    const tiny = join(ROOT, "examples/gpt2/models/tiny");
    const result = await check(
      {
        reference: join(tiny, "model.ckpt"),
        candidate: { model: `${ROOT}examples/gpt2/port.py:build`, env: { GPT2_MODEL: tiny } },
        precision: "both",
      },
      { cwd: ROOT },
    );
    expect(result.verdict).toBe("parity");
    const errors = result.pairs.map((pair) => pair.float64?.relativeL2 ?? Number.NaN);
    expect(errors.length).toBeGreaterThan(20);
    for (const [at, error] of errors.entries()) expect(error, result.pairs[at]?.id).toBeLessThan(3e-8);
    // Only gelu and the norms have such constants; the other layers meet as double numbers do.
    expect(errors.filter((error) => error < 1e-14).length).toBeGreaterThan(errors.length / 3);
    const output = result.pairs.find((pair) => pair.isOutput);
    expect(output?.metrics?.relativeL2).toBeGreaterThan(1e-8);
    expect(output?.metrics?.relativeL2).toBeLessThan(1e-6);
    expect(result.summary.warnings.filter((text) => text.includes("float64"))).toEqual([]);
  });
});
