import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, runPython } from "../helpers/python.js";
import { CONFIG, checkCandidate, newFolder, runCli } from "../helpers/run-cli.js";

const FAULTY = `${ROOT}examples/gpt2/faulty`;

describe("a correct port", () => {
  it("is judged parity with every layer paired, and both reports are written", async () => {
    const out = newFolder();
    const run = await runCli(["check", CONFIG, "--out", out]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^✓ parity · gpt2-tiny/);
    expect(run.stdout).not.toContain("\u001b[");
    expect(run.stderr).toBe("");
    const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
    const ids = report.pairs.map((pair: { id: string }) => pair.id);
    for (let i = 0; i < 4; i++) {
      for (const layer of ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"])
        expect(ids).toContain(`h.${i}.${layer}`);
      expect(ids).toContain(`h.${i}`);
    }
    expect(ids).toContain("(output)");
    expect(report.summary.weights).toEqual({ equal: 52, "equal-by-function": 0, differs: 0, unassigned: 0 });
    expect(readFileSync(join(out, "index.html"), "utf8")).toContain("Content-Security-Policy");
  });

  it("with other names and layouts (transformers' GPT2LMHeadModel) is judged parity without a map or a tolerance", async () => {
    const { exitCode, result } = await checkCandidate(`${ROOT}examples/gpt2/hf.py:build`);
    expect(exitCode).toBe(0);
    expect(result.verdict).toBe("parity");
    expect(result.unmatched.reference.filter((tap) => tap.isOutput)).toEqual([]);
    const ids = result.pairs.map((pair) => pair.id);
    for (let i = 0; i < 4; i++) {
      for (const layer of ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"])
        expect(ids).toContain(`transformer.h.${i}.${layer}`);
      expect(ids.some((id) => id === `transformer.h.${i}` || id === `transformer.h.${i}[0]`)).toBe(true);
    }
    // Conv1D keeps TensorFlow's layout on purpose: right, not wrong.
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    expect(result.weights.find((weight) => weight.candidate === "transformer.h.0.attn.c_proj.weight")?.transform).toBe(
      "same",
    );
  });

  it("that prints lines of the protocol, floods both outputs and warns is judged all the same, and only JSON comes out", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/prints.py:build`);
    expect(exitCode).toBe(0);
    expect(result.verdict).toBe("parity");
  });

  it("of code that is not ours is judged by the same command: int64 ids, resource variables, a training graph around it", async () => {
    const model = newFolder();
    await runPython("test/fixtures/gpt2/foreign.py", ["--out", model]);
    const run = await runCli(
      [
        "check",
        "--reference",
        model,
        "--candidate",
        `${ROOT}test/fixtures/gpt2/foreign_port.py:build`,
        "--json",
        "--out",
        newFolder(),
      ],
      { env: { FOREIGN_MODEL: model } },
    );
    expect(run.exitCode, run.stderr).toBe(0);
    const result = JSON.parse(run.stdout);
    expect(result.pairs.map((pair: { id: string }) => pair.id)).toEqual(
      expect.arrayContaining(["blocks.0.norm_a", "blocks.2.attention", "scores", "(output)"]),
    );
    expect(result.summary.weights.differs).toBe(0);
  });
});

describe("an un-transposed square kernel", () => {
  it("is the one confirmed finding, at the layer where the models part, with the error before and after", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/untransposed_c_proj.py:build`);
    expect(exitCode).toBe(1);
    expect(result.firstDivergence).toBe("h.2.attn.c_proj");
    // Whether the fault changes what the model would say is told for the output.
    const output = result.pairs.find((pair) => pair.isOutput);
    expect(output?.logits?.metrics.argmaxAgreement).toBeLessThan(1);
    expect(output?.logits?.metrics.meanKl).toBeGreaterThan(0.001);
    expect(result.findings).toHaveLength(1);
    const [finding] = result.findings;
    expect(finding).toMatchObject({
      cause: "transposed-weight",
      status: "confirmed",
      parameter: "h.2.attn.c_proj.weight",
    });
    expect(finding?.experiment?.errorBefore).toBeGreaterThan(0.1);
    expect(finding?.experiment?.errorAfter).toBeLessThan(1e-5);
    expect(finding?.source?.file).toBe("examples/gpt2/port.py");
    const line = readFileSync(`${ROOT}examples/gpt2/port.py`, "utf8").split("\n")[(finding?.source?.line ?? 0) - 1];
    expect(line).toContain("self.c_proj = nn.Linear");
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });

  it("in two layers is one finding with both places: the first does not hide the second", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/two_faults.py:build`);
    expect(exitCode).toBe(1);
    expect(result.findings.map((finding) => [finding.status, ...finding.parameters])).toEqual([
      ["confirmed", "h.1.attn.c_proj.weight", "h.3.attn.c_proj.weight"],
    ]);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
    expect(result.firstDivergence).toBe("h.1.attn.c_proj");
  });
});

describe("weights that are not where they belong", () => {
  it("a parameter left at its initialisation is named, and loading it is shown to repair the layer", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/missing_weight.py:build`);
    expect(exitCode).toBe(1);
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]).toMatchObject({
      cause: "missing-weight",
      status: "confirmed",
      parameter: "h.1.mlp.c_fc.weight",
    });
    expect(result.findings[0]?.fix).toContain('"model/h1/mlp/c_fc/w"');
  });

  it("two layer norms that hold each other's weights are one finding", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/swapped_norms.py:build`);
    expect(exitCode).toBe(1);
    expect(result.findings.map((finding) => [finding.cause, finding.status])).toEqual([
      ["swapped-weights", "confirmed"],
    ]);
    expect([...(result.findings[0]?.parameters ?? [])].sort()).toEqual([
      "h.2.ln_1.bias",
      "h.2.ln_1.weight",
      "h.2.ln_2.bias",
      "h.2.ln_2.weight",
    ]);
  });

  it("blocks assigned in another order are one finding for the whole model", async () => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/layer_order.py:build`);
    expect(exitCode).toBe(1);
    expect(result.findings.map((finding) => [finding.cause, finding.status])).toEqual([["layer-order", "confirmed"]]);
    expect(result.findings[0]?.message).toContain("1, 2, 3, 0 instead of 0, 1, 2, 3");
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });
});

describe("a fault in a line of code", () => {
  it.each([
    ["wrong_eps", "norm-epsilon", "h.0.ln_1", "nn.LayerNorm"],
    ["gelu_erf", "gelu-approximation", "h.0.mlp.c_proj", "F.gelu(self.c_fc(x))"],
    ["training_mode", "training-mode", "h.0.mlp", null],
  ])("%s is confirmed as %s at its line, and no weight is accused", async (name, cause, layer, text) => {
    const { exitCode, result } = await checkCandidate(`${FAULTY}/${name}.py:build`);
    expect(exitCode).toBe(1);
    expect(result.firstDivergence).toBe(layer);
    const [finding, ...others] = result.findings;
    // Two norms with the wrong epsilon stand on two lines.
    for (const one of [finding, ...others]) expect(one).toMatchObject({ status: "confirmed", cause });
    expect(others).toHaveLength(name === "wrong_eps" ? 1 : 0);
    const { source } = finding ?? {};
    if (text !== null && source)
      expect(readFileSync(`${ROOT}${source.file}`, "utf8").split("\n")[source.line - 1]).toContain(text);
    expect(source === null).toBe(text === null);
    expect(result.summary.weights.differs).toBe(0);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });

  it("is shown as a change of the user's own line", async () => {
    const { result } = await checkCandidate(`${FAULTY}/gelu_erf.py:build`);
    expect(result.findings[0]?.rewrite).toMatchObject({
      file: "examples/gpt2/faulty/gelu_erf.py",
      before: expect.stringContaining("F.gelu(self.c_fc(x))"),
      after: expect.stringContaining('F.gelu(self.c_fc(x), approximate="tanh")'),
    });
  });
});
