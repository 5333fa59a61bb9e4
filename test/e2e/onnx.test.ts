import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";
import { type CliRun, checkCandidate, newFolder, runCli } from "../helpers/run-cli.js";

const folder = newFolder();
const at = (name: string): string => join(folder, name);
const WRONG = "h.2.attn.c_proj.weight";

beforeAll(async () => {
  await runPython("test/fixtures/layouts/make_originals.py", [folder]);
  const gpt2 = {
    file: `${ROOT}examples/gpt2/port.py`,
    callable: "build",
    inputs: { tokens: ["int32", [3, 7]] },
    free: [0, 1],
  };
  const jobs = [
    { ...gpt2, out: at("new.onnx"), dynamo: true, external: true },
    { ...gpt2, out: at("old.onnx"), dynamo: false },
    { ...gpt2, out: at("wrong-new.onnx"), dynamo: true, transpose: WRONG },
    { ...gpt2, out: at("wrong-old.onnx"), dynamo: false, transpose: WRONG },
    { ...gpt2, out: at("half.onnx"), dynamo: true, half: true },
    {
      file: `${ROOT}test/fixtures/layouts/ports.py`,
      callable: "conv_net",
      kwargs: { folder: at("oblong") },
      inputs: { images: ["float32", [2, 3, 12, 20]] },
      out: at("conv.onnx"),
      dynamo: true,
    },
  ];
  writeFileSync(at("jobs.json"), JSON.stringify(jobs));
  await runPython("test/fixtures/onnx/export.py", [at("jobs.json")]);
}, 240_000);

const LAYERS = ["ln_1", "attn.c_attn", "attn.c_proj", "attn", "ln_2", "mlp.c_fc", "mlp.c_proj", "mlp"];

describe("a right ONNX export of the port", () => {
  it.each([
    ["new.onnx", "torch's newer exporter, with its weights in a file beside it"],
    ["old.onnx", "torch's older exporter, which renames kernels"],
  ])("%s (%s) is parity, every layer paired by name, without a map or a tolerance", async (name) => {
    const { exitCode, result } = await checkCandidate(at(name));
    expect([exitCode, result.verdict, result.findings]).toEqual([0, "parity", []]);
    const ids = result.pairs.map((pair) => pair.id);
    for (const i of [0, 1, 2, 3]) for (const layer of LAYERS) expect(ids).toContain(`h.${i}.${layer}`);
    expect(ids).toContain("(output)");
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    expect(result.runtimes.onnxruntime).toMatch(/^1\./);
  });

  it("in float16 is held against the rounding of 16 bits, and says so", async () => {
    const { exitCode, result } = await checkCandidate(at("half.onnx"));
    expect([exitCode, result.verdict, result.findings]).toEqual([0, "parity", []]);
    expect(result.pairs.find((pair) => pair.id === "(output)")?.candidate.dtype).toBe("float16");
    expect(result.summary.warnings).toContain(
      "the ONNX model computes in float16: its layers are held against the rounding of 16 bits",
    );
  });

  it("of a convolutional net is fed its channels first, and is parity with its batch norm folded away", async () => {
    const reference = ["--reference", at("oblong/model.ckpt"), "--candidate", at("conv.onnx")];
    const run = await runCli(["check", ...reference, "--json", "--out", newFolder()]);
    const result = JSON.parse(run.stdout) as CheckResult;
    expect([run.exitCode, result.verdict, result.findings]).toEqual([0, "parity", []]);
    expect(result.pairs.find((pair) => pair.id === "grouped")?.layout.permute).toEqual([0, 3, 1, 2]);
    const kernels = result.weights.filter((one) =>
      /^(up|grouped|square|separable\..*)\.weight$/.test(one.candidate ?? ""),
    );
    expect(kernels.map((one) => one.verdict)).toEqual(kernels.map(() => "equal"));
    expect(kernels).toHaveLength(5);
  });
});

function expectFinding({ exitCode, result }: CliRun & { result: CheckResult }): void {
  expect([exitCode, result.verdict, result.firstDivergence]).toEqual([1, "mismatch", "h.2.attn.c_proj"]);
  expect(result.findings.map((one) => [one.cause, one.status, one.parameter])).toEqual([
    ["transposed-weight", "confirmed", WRONG],
  ]);
}

describe("one square kernel that nobody turned", () => {
  it("is found in the newer exporter's file with the line that calls it, node and initializer named", async () => {
    const run = await checkCandidate(at("wrong-new.onnx"));
    expectFinding(run);
    const [finding] = run.result.findings;
    expect(finding?.source?.file).toBe("examples/gpt2/port.py");
    const lines = readFileSync(`${ROOT}examples/gpt2/port.py`, "utf8").split("\n");
    expect(lines[(finding?.source?.line ?? 0) - 1]).toContain("self.c_proj(merged)");
    expect(finding?.evidence.join("\n")).toMatch(
      /h\.2\.attn\.c_proj\.weight is the initializer val_\d+ of the node node_MatMul_\d+/,
    );
  });

  it("is repaired in a model of its own by --fix, which is checked again", async () => {
    const fixed = at("fixed.onnx");
    const run = await checkCandidate(at("wrong-old.onnx"), ["--fix", fixed]);
    expectFinding(run);
    const fix = run.result.findings[0]?.fix ?? "";
    const initializer = /^initializer\["(onnx::MatMul_\d+)"\] = initializer\["\1"\]\.T$/m.exec(fix)?.[1] ?? "none";
    expect(run.result.fix?.recheck).toEqual({ verdict: "parity", sentence: "written, and with it: parity" });
    // What was written differs from the right export in nothing, and from the wrong one in that kernel.
    const tensors = ["fixed.onnx", "old.onnx", "wrong-old.onnx"].map((name) => {
      const file = openTensorFile(at(name));
      const bytes = [...file.tensors.values()].map((tensor) => [
        tensor.name,
        Buffer.from(readTensor(tensor)).toString("hex"),
      ]);
      file.close();
      return new Map(bytes.map(([tensor, hex]) => [tensor, hex] as const));
    });
    const [repaired, right, wrong] = tensors;
    expect(repaired).toEqual(right);
    expect([...(wrong ?? [])].filter(([name, hex]) => repaired?.get(name) !== hex).map(([name]) => name)).toEqual([
      initializer,
    ]);
  });
});

describe("what cannot be checked", () => {
  it("a damaged model is an error with file and offset, and leaves nothing behind", async () => {
    const broken = at("broken.onnx");
    writeFileSync(broken, readFileSync(at("old.onnx")).subarray(0, 500_000));
    const run = await runCli(["check", "--reference", "examples/gpt2/models/tiny", "--candidate", broken]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr.replace(/\s+/g, " ")).toMatch(
      /broken\.onnx at byte \d+: ModelProto: field 7 takes \d+ bytes, but its message has \d+ left/,
    );
  });

  it("a repair is refused at once where its file is of the wrong kind", async () => {
    const run = await runCli([
      ...["check", "--reference", "examples/gpt2/models/tiny", "--candidate", at("old.onnx")],
      ...["--fix", at("repaired.safetensors")],
    ]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("is an ONNX model: its repair is a model");
    expect(run.stderr).toContain("--fix repaired.onnx");
    expect(existsSync(at("repaired.safetensors"))).toBe(false);
  });

  it("an ONNX model is no reference", async () => {
    const run = await runCli(["check", "--reference", at("old.onnx"), "--candidate", at("new.onnx")]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("is an ONNX model; the reference is the original TensorFlow model.");
  });
});
