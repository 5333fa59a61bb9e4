import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { check, resolveInput } from "../../src/check/check.js";
import type { CheckOptions } from "../../src/check/types.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { parseResult, renderJson } from "../../src/report/json.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";

const TINY = join(ROOT, "examples/gpt2/models/tiny");
let folder: string;
// Whole checks, two of them where something is written: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 300_000 });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parity-written-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function configOf(port: string) {
  return {
    reference: join(TINY, "model.ckpt"),
    candidate: { model: `${ROOT}test/fixtures/check/repair_ports.py:${port}`, env: { GPT2_MODEL: TINY } },
    inputs: {
      values: {
        X: [
          [464, 329, 318, 262, 170],
          [40, 71, 257, 98, 11],
        ],
      },
    },
  };
}

function checkPort(port: string, options: CheckOptions): Promise<CheckResult> {
  return check(configOf(port), { cwd: ROOT, ...options });
}

describe("the weights that --fix writes", () => {
  it("bring a port whose only fault is a weight to parity, and are said to do so after a second check", async () => {
    const file = join(folder, "turned.safetensors");
    const result = await checkPort("turned", { overrides: { fix: file } });
    expect(result).toMatchObject({ verdict: "mismatch", exitCode: 1 });
    expect(result.fix).toMatchObject({
      repaired: ["h.1.attn.c_proj.weight"],
      recheck: { verdict: "parity", sentence: "written, and with it: parity" },
    });
    expect(parseResult(renderJson(result)).fix).toEqual(result.fix);
    const compared = JSON.parse(await runPython("test/fixtures/check/compare_state.py", [file])) as unknown;
    expect(compared).toEqual({ different: [], missing: [], dtypes: ["torch.float32"] });
    expect(readdirSync(folder)).toEqual(["turned.safetensors"]);
  });

  it("do not hide what is wrong in the code, and a file that is there is replaced only when that is asked for", async () => {
    const file = join(folder, "mixed.safetensors");
    writeFileSync(file, "somebody's weights");
    await expect(resolveInput(configOf("mixed"), { cwd: ROOT, overrides: { fix: file } })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("exists already"),
    });
    expect(readFileSync(file, "utf8")).toBe("somebody's weights");
    const result = await checkPort("mixed", { overrides: { fix: file, force: true } });
    expect(result.fix?.recheck.verdict).toBe("mismatch");
    expect(result.fix?.recheck.sentence).toMatch(
      /^written; what is left is in code: gelu-approximation \(.*repair_ports\.py:21\)$/,
    );
    const compared = JSON.parse(await runPython("test/fixtures/check/compare_state.py", [file])) as unknown;
    expect(compared).toMatchObject({ different: [], missing: [] });
  });

  it("are not written where no weight is to be repaired; the warning says so", async () => {
    const file = join(folder, "code.safetensors");
    const bundle = join(folder, "bundle");
    const result = await checkPort("code", { overrides: { fix: file, bundle } });
    expect(result).toMatchObject({ verdict: "mismatch", exitCode: 1, fix: null });
    expect(result.summary.warnings).toContain("--fix wrote nothing: no repair of a weight was confirmed");
    expect(existsSync(file)).toBe(false);
    // With a bundle a confirmed finding, too, has its layer as a script.
    expect(result.findings[0]).toMatchObject({ status: "confirmed", repro: join(bundle, "repro-h.0.mlp.c_proj") });
    expect(await printed(join(bundle, "repro-h.0.mlp.c_proj"))).toBeGreaterThan(1e-5);
  });
});

describe("a layer that nothing explains", () => {
  it("runs alone: the script prints the difference that the finding states, from the original's own tensors", async () => {
    const result = await checkPort("strange", { reproductions: folder });
    const finding = result.findings.find((one) => one.cause === "unexplained");
    expect(finding?.pair).toBe("h.2.mlp.c_proj");
    const repro = join(folder, "repro-h.2.mlp.c_proj");
    expect(finding?.repro).toBe(repro);
    const stated = Number(/it differs by (\S+)$/.exec(finding?.evidence.at(-1) ?? "")?.[1]);
    const local = result.pairs.find((pair) => pair.id === "h.2.mlp.c_proj")?.local?.metrics.maxAbs?.value ?? 0;
    const shown = await printed(repro);
    expect(Math.abs(shown - stated) / shown).toBeLessThan(0.05);
    expect(Math.abs(shown - local) / local).toBeLessThan(1e-4);
    const original = readFileSync(join(repro, "original.txt"), "utf8");
    expect(original).toContain("{variable model/h2/mlp/c_proj/w}");
    expect(original).toContain("# from model/h2/mlp/mul_5:0\n");
    expect(original).toContain("/Reshape_2/shape/2:0 {64}) N=3 axis=0");
    const script = readFileSync(join(repro, "repro.py"), "utf8");
    expect(script).toMatch(/torch\.atan2\(.*repair_ports\.py:29/);
    const tensors = openSafetensors(join(repro, "tensors.safetensors"));
    expect([...tensors.tensors.keys()]).toContain("h.2.mlp.c_proj.weight");
    tensors.close();
  });
});

/** What a repro.py prints as the largest difference. */
async function printed(repro: string): Promise<number> {
  const output = await runPython(join(repro, "repro.py"));
  return Number(/largest difference (\S+)/.exec(output)?.[1]);
}
