import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";
import { CONFIG, checkCandidate, newFolder, runCli } from "../helpers/run-cli.js";

const forms = newFolder();
const bert = newFolder();
const dense = newFolder();

beforeAll(async () => {
  const wanted = ["static-pt2", "faulty-pt2", "faulty-traced", "pretrained"];
  await runPython("test/fixtures/torch/forms.py", ["--out", forms, ...wanted]);
  await runPython("bench/zoo/bert/original.py", ["--out", bert, "--seed", "3"]);
  await runPython("test/fixtures/torch/bert.py", ["--original", bert, "--out", join(bert, "pretrained")]);
  await runPython("test/fixtures/torch/dense_original.py", ["--out", dense]);
}, 240_000);

function expectTransposed(result: CheckResult): void {
  expect(result.verdict).toBe("mismatch");
  expect(result.firstDivergence).toBe("h.2.attn.c_proj");
  expect(result.findings.map(({ cause, status, parameter }) => [cause, status, parameter])).toEqual([
    ["transposed-weight", "confirmed", "h.2.attn.c_proj.weight"],
  ]);
  expect(result.summary.afterRepairs?.verdict).toBe("parity");
}

describe("a program of torch.export", () => {
  it("that takes one shape only is run on cases of that shape; a text that does not fit is left out and named", async () => {
    const { exitCode, result } = await checkCandidate(join(forms, "static.pt2"));
    expect(exitCode).toBe(0);
    expect(result.verdict).toBe("parity");
    expect(result.summary.weights).toEqual({ equal: 52, "equal-by-function": 0, differs: 0, unassigned: 0 });
    expect(result.cases.map((one) => one.inputs.map((input) => input.shape))).toEqual([[[2, 7]]]);
    expect(result.summary.warnings.join("\n")).toMatch(/case c0 \(text.* takes tokens of \[2, 7\], and X is \[1, 23\]/);
    const ids = result.pairs.map((pair) => pair.id);
    for (const layer of ["ln_1", "attn.c_attn", "attn.c_proj", "mlp.c_fc"]) expect(ids).toContain(`h.3.${layer}`);
    expect(result.pairs.find((pair) => pair.id === "h.3.ln_1")?.candidate.type).toBe("LayerNorm");
  });

  it("that takes none of the given cases is a clear error", async () => {
    const run = await runCli([
      "check",
      CONFIG,
      "--candidate",
      join(forms, "static.pt2"),
      "--text",
      "Two",
      "--report",
      "none",
    ]);
    // The file's own setting generates cases beside texts; on the command line a text takes their place.
    expect(run.exitCode, run.stdout).toBe(2);
    expect(run.stderr).toContain("The program takes none of the cases");
  });

  it("with a weight un-transposed is found out, and proved, under the weight's own name", async () => {
    const { exitCode, result } = await checkCandidate(join(forms, "faulty.pt2"));
    expect(exitCode).toBe(1);
    expectTransposed(result);
  });
});

describe("a TorchScript program", () => {
  it("is compared module by module, and its un-transposed weight found", async () => {
    const { result } = await checkCandidate(join(forms, "faulty-traced.pt"));
    expectTransposed(result);
  });
});

describe("a folder of transformers'", () => {
  it("with GPT-2 under other names and in several files is judged parity without a map", async () => {
    const { exitCode, result } = await checkCandidate(`hf:${join(forms, "pretrained")}`);
    expect(exitCode).toBe(0);
    expect(result.models.candidate).toMatch(/^hf:.*pretrained$/);
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    const ids = result.pairs.map((pair) => pair.id);
    for (let i = 0; i < 4; i++) expect(ids).toContain(`transformer.h.${i}.attn.c_proj`);
    expect(result.unmatched.reference.filter((tap) => tap.isOutput)).toEqual([]);
  });

  it("with BertModel is judged parity with a TensorFlow original, its inputs paired by what they mean", async () => {
    const run = await runCli([
      ...["check", "--reference", join(bert, "model.ckpt"), "--candidate", `hf:${join(bert, "pretrained")}`],
      ...["--json", "--report", "none"],
    ]);
    expect(run.exitCode, run.stderr).toBe(0);
    const result = JSON.parse(run.stdout) as CheckResult;
    expect(result.verdict).toBe("parity");
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    const ids = result.pairs.map((pair) => pair.id);
    expect(ids).toContain("encoder.layer.3.attention.self.query");
    expect(ids).toContain("(output)[pooler_output]");
  });
});

describe("a candidate cast to bfloat16", () => {
  it("is judged by the rounding of bfloat16, measured, and the report says so", async () => {
    const { exitCode, result } = await checkCandidate(`${ROOT}examples/gpt2/port.py:build`, ["--dtype", "bfloat16"]);
    expect(exitCode).toBe(0);
    const pair = result.pairs.find((one) => one.id === "h.1.mlp.c_fc");
    expect(pair?.candidate.dtype).toBe("bfloat16");
    expect(pair?.verdict).toBe("within-noise");
    // 2^-9 is half a unit in the last place of bfloat16.
    expect(pair?.metrics?.relativeL2).toBeGreaterThan(2 ** -10);
    expect(pair?.noise?.floor.rms).toBeGreaterThan(2 ** -11);
    expect(pair?.float64?.verdict).toBe("rounding");
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    expect(result.summary.warnings.join("\n")).toContain("cast to bfloat16, as asked");
  });

  it("does not hide an un-transposed weight", async () => {
    const port = `${ROOT}examples/gpt2/faulty/untransposed_c_proj.py:build`;
    const { exitCode, result } = await checkCandidate(port, ["--dtype", "bfloat16"]);
    expect(exitCode).toBe(1);
    expectTransposed(result);
  });

  it("does not hide what its rounding covers: the activation that differs is named from float64", async () => {
    const { result } = await checkCandidate(`${ROOT}examples/gpt2/faulty/gelu_erf.py:build`, ["--dtype", "bfloat16"]);
    expect(result.summary.warnings.join("\n")).toMatch(/within the noise of bfloat16, but different in float64 .*mlp/);
  });
});

describe("where a candidate runs", () => {
  it("a device that is not there is an error with exit code 2 and no report", async () => {
    const name = process.platform === "darwin" ? "cuda" : "mps";
    const run = await runCli(["check", CONFIG, "--device", name, "--report", "none"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`The device \`${name}\` cannot be used`);
  });
});

describe("a compiled candidate", () => {
  const checkCompiled = (callable: string): Promise<CheckResult> =>
    check({
      reference: join(dense, "model.ckpt"),
      candidate: {
        model: `${ROOT}test/fixtures/torch/dense_port.py:${callable}`,
        kwargs: { folder: dense },
        compile: true,
      },
      inputs: { values: { x: "normal:2x6" } },
    });

  it("is parity when both the module and what torch.compile makes of it agree", async () => {
    const result = await checkCompiled("build");
    expect(result.verdict).toBe("parity");
    expect(result.summary.warnings.join("\n")).toMatch(/the compiled model gives the module's outputs/);
  });

  it("is not parity when compiling changes an output, and that is what is said", async () => {
    const result = await checkCompiled("changed");
    expect(result.verdict).toBe("mismatch");
    const wrong = result.pairs.filter((pair) => pair.verdict === "mismatch");
    expect(wrong.map((pair) => pair.isOutput)).toEqual([true]);
    expect(wrong[0]?.note).toMatch(/torch\.compile changes it: .* differs from the module's by 1\.0e-2/);
  });
});
