import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";

const TINY = join(ROOT, "examples/gpt2/models/tiny");
let difficult: string;

beforeAll(async () => {
  difficult = mkdtempSync(join(tmpdir(), "parity-original-"));
  await runPython("test/fixtures/check/make_original.py", [difficult]);
});
afterAll(() => rmSync(difficult, { recursive: true, force: true }));

function checkPort(port: string, original = TINY): Promise<CheckResult> {
  return check(
    {
      reference: join(original, "model.ckpt"),
      candidate: { model: `${ROOT}test/fixtures/check/ports.py:${port}`, env: { GPT2_MODEL: original } },
    },
    { cwd: ROOT },
  );
}

const pairOf = (result: CheckResult, id: string) => result.pairs.find((pair) => pair.id === id);
const found = (result: CheckResult) =>
  result.findings.map((finding) => [finding.status, finding.cause, ...finding.parameters]);

describe("faults that do not show in the output", () => {
  it("a layer whose error dies out behind it is found and repaired, not taken for a wrong tap", async () => {
    const result = await checkPort("contracted", difficult);
    const output = result.pairs.find((pair) => pair.isOutput);
    expect(output?.metrics?.relativeL2).toBeLessThan(1e-5);
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toBe("h.1.mlp.c_fc");
    // It is the variable plus 0.1 in every element.
    expect(found(result)).toEqual([["confirmed", "scaled-weight", "h.1.mlp.c_fc.weight"]]);
  });
});

describe("layers that are right and put together wrongly", () => {
  it("blocks called in another order are a mismatch, and no weight is blamed for it", async () => {
    const result = await checkPort("reordered");
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toMatch(/^h\.2/);
    expect(result.findings.map((finding) => finding.cause)).not.toContain("layer-order");
    expect(result.findings.every((finding) => finding.status === "suspected" && finding.fix === null)).toBe(true);
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    expect(result.summary.afterRepairs).toBeNull();
  });

  it("a residual that is not added is a mismatch in the block that drops it, and nowhere else", async () => {
    const result = await checkPort("without_residual");
    expect(result.verdict).toBe("mismatch");
    expect(result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id)).toEqual([
      "h.2.ln_2",
      "h.2",
    ]);
    expect(new Set(found(result).map(([status, cause]) => `${status} ${cause}`))).toEqual(
      new Set(["confirmed missing-residual"]),
    );
    expect(result.findings.every((finding) => finding.source?.file.endsWith("ports.py"))).toBe(true);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });
});

describe("weights that are wrong", () => {
  it("a kernel with noise on it is never called un-transposed, and what is confirmed repairs the model", async () => {
    const result = await checkPort("noisy");
    expect(result.verdict).toBe("mismatch");
    expect(found(result)).toEqual([["confirmed", "missing-weight", "h.1.attn.c_proj.weight"]]);
    expect(result.findings[0]?.message).not.toContain("initialised");
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
    expect(result.summary.afterRepairs?.outputErrorAfter).toBeLessThan(1e-5);
  });

  it("two faults in one layer are both confirmed: neither repair alone brings it to the noise", async () => {
    const result = await checkPort("two_faults_in_one_layer");
    expect(found(result).sort()).toEqual([
      ["confirmed", "missing-weight", "h.2.attn.c_proj.bias"],
      ["confirmed", "transposed-weight", "h.2.attn.c_proj.weight"],
    ]);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });

  it("an own module is judged by what it computes: right where it keeps [in, out], confirmed where it holds the transpose", async () => {
    const result = await checkPort("own_projection");
    expect(found(result)).toEqual([["confirmed", "transposed-weight", "h.1.attn.c_proj.weight"]]);
    expect(result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id)).toEqual([
      "h.1.attn.c_proj",
    ]);
    const rows = result.weights.filter((weight) => weight.candidate?.endsWith("attn.c_proj.weight"));
    expect(rows.map((row) => row.verdict)).toEqual(["equal", "differs", "equal", "equal"]);
  });
});

describe("ports that are right but look wrong", () => {
  it("a module that gives another tensor than the scope of its name is set aside in every block; a symmetric kernel is not accused", async () => {
    const result = await checkPort("residual_inside", difficult);
    expect(result.verdict).toBe("parity");
    expect(result.findings).toEqual([]);
    for (let i = 0; i < 4; i++) {
      const pair = pairOf(result, `h.${i}.mlp`);
      expect(pair?.verdict).toBe("not-compared");
      expect(pair?.note).toContain("not the same tensor");
      expect(["identical", "within-noise"]).toContain(pairOf(result, `h.${i}.mlp.c_proj`)?.verdict);
    }
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
  });

  it("a flat list of layers without any name of the original is paired layer by layer, zero biases included", async () => {
    const result = await checkPort("flat", difficult);
    expect(result.verdict).toBe("parity");
    expect(result.unmatched.candidate).toEqual([]);
    expect(pairOf(result, "layers.0")?.reference.name).not.toBe("model/h0");
    const layers = ["ln_1", "attn/c_attn", "attn/c_proj", "ln_2", "mlp/c_fc", "mlp/c_proj"];
    for (let block = 0; block < 4; block++) {
      layers.forEach((layer, i) => {
        const pair = pairOf(result, `layers.${2 + 6 * block + i}`);
        expect(pair?.reference.name).toMatch(new RegExp(`^model/h${block}/${layer}`));
        expect(pair?.matchedBy).toBe("weights");
      });
    }
    expect(result.summary.weights).toEqual({ equal: 52, "equal-by-function": 0, differs: 0, unassigned: 0 });
  });
});
