import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { weighLedger } from "../../src/check/ledger/weigh-ledger.js";
import { openTensorFile } from "../../src/formats/open.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { scaffold } from "../../src/scaffold/scaffold.js";
import { errorOf, makeFolder } from "../formats/expected-tensors.js";
import { PYTHON, ROOT, runPython } from "../helpers/python.js";
import { runCli } from "../helpers/run-cli.js";

const folder = makeFolder();
const TINY = `${ROOT}examples/gpt2/models/tiny`;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await runPython("test/fixtures/scaffold/make_convolutions.py", [at("net")]);
  scaffold(TINY, { out: at("gpt2.py"), force: false });
  scaffold(at("net"), { out: at("net.py"), force: false });
}, 120_000);
afterAll(() => folder.remove());

describe("the skeleton of the tiny GPT-2", () => {
  it("has a class for each kind of scope, layers with their sizes and epsilons, and blocks in a list", () => {
    const text = readFileSync(at("gpt2.py"), "utf8");
    expect(text.match(/^class \w+\(nn\.Module\)/gm)).toEqual(
      ["Attn", "Mlp", "H", "Model"].map((name) => `class ${name}(nn.Module)`),
    );
    expect(text).toContain("self.c_attn = nn.Linear(64, 192)\n");
    expect(text).toContain("self.ln_1 = nn.LayerNorm(64, eps=1e-5)\n");
    expect(text).toContain("self.h = nn.ModuleList(H() for _ in range(4))\n");
    expect(text).toContain("    n_embd: int = 64\n");
    expect(text).toContain("# mul_5 = Mul(mul, add_1)  <- gelu-tanh\n");
    expect(text).toContain("# ln_1/add = AddV2(ln_1/Mean_1, 1e-5)\n");
  });

  it("keeps the original's names, shapes and bytes in the file beside it", () => {
    const [original, copy] = [openTensorFile(TINY), openTensorFile(at("gpt2.safetensors"))];
    expect([...copy.tensors.keys()].sort()).toEqual([...original.tensors.keys()].sort());
    for (const [key, tensor] of copy.tensors) {
      const from = original.tensors.get(key);
      expect([key, from?.shape]).toEqual([key, tensor.shape]);
      expect(from !== undefined && Buffer.from(readTensor(from)).equals(readTensor(tensor))).toBe(true);
    }
    original.close();
    copy.close();
  });

  it("has green weights before any forward is written", async () => {
    const { exitCode, counts, orderUnknown } = await weighLedger(TINY, `${at("gpt2.py")}:build`);
    expect([exitCode, counts, orderUnknown]).toEqual([
      0,
      { equal: 52, suspect: 0, differs: 0, unassigned: 0, "left-out": 0 },
      [],
    ]);
  }, 60_000);

  it("has red weights where one transposition of a square matrix is taken out of the loader", async () => {
    const text = readFileSync(at("gpt2.py"), "utf8");
    const broken = text.replace(/(c_proj\/w"\)\.reshape\(64, 64\))\.T/, "$1");
    expect(broken).not.toBe(text);
    writeFileSync(at("broken.py"), broken);
    const { exitCode, rows } = await weighLedger(TINY, `${at("broken.py")}:build`);
    const wrong = rows.filter((row) => row.verdict !== "equal").map((row) => [row.candidate, row.verdict, row.note]);
    expect([exitCode, wrong]).toEqual([
      1,
      [0, 1, 2, 3].map((i) => [`h.${i}.attn.c_proj.weight`, "differs", "equal as is, where under .T is needed"]),
    ]);
  }, 60_000);

  it("is checked as far as it goes: parity check names the command for the weights, with exit code 2", async () => {
    const args = ["check", "--reference", TINY, "--candidate", `${at("gpt2.py")}:build`, "--report", "none"];
    const { exitCode, stderr } = await runCli(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Model.forward is not written yet")]);
    expect(stderr.replace(/\s+/g, " ")).toContain("its weights can be checked: parity weights ");
  }, 60_000);
});

describe("the skeleton of a convolutional net with odd names", () => {
  it("gives each convolution its padding, and says where PyTorch cannot say it", () => {
    const text = readFileSync(at("net.py"), "utf8");
    expect(text).toContain("self.stem = nn.Conv2d(3, 8, (3, 3), padding=(1, 1))\n");
    expect(text).toContain("self.class_ = nn.BatchNorm2d(8, eps=0.002)\n");
    expect(text).toContain("self.conv_a = nn.Conv2d(8, 8, (3, 3))\n");
    expect(text).toContain("nn.Conv2d(8, 16, (3, 3), padding=(1, 1), groups=8, bias=False)\n");
    expect(text).toContain("# padding SAME depends on the input's size");
    expect(text).toContain("self.n3rd_down = nn.Conv2d(8, 5, (4, 4), stride=(2, 2))\n");
    // Its own numbers, which begin with 1.
    expect(text).toContain("self.stage = nn.ModuleDict({str(number): Stage() for number in range(1, 3)})\n");
    expect(text).toContain("self.forward_ = nn.Linear(5, 5, bias=False)\n");
    expect(text).toContain("self.temperature = nn.Parameter(torch.empty(()))\n");
    expect(text).toContain("self.experts = nn.Parameter(torch.empty(5, 2, 3))\n");
    expect(text).toContain("def forward(self, picture_in: Tensor) -> Tensor:\n");
  });

  it("has green weights", async () => {
    const { exitCode, rows } = await weighLedger(at("net"), `${at("net.py")}:build`);
    expect(rows.filter((row) => row.verdict !== "equal")).toEqual([]);
    expect(exitCode).toBe(0);
  }, 60_000);
});

describe("what is written", () => {
  it("passes ruff and mypy", async () => {
    const files = ["gpt2.py", "net.py"].map(at);
    const ruff = await execa(PYTHON, ["-m", "ruff", "check", "--config", `${ROOT}harness/pyproject.toml`, ...files]);
    expect(ruff.stdout).toContain("All checks passed");
    // Both at once: torch's types are read once.
    const mypy = await execa(PYTHON, ["-m", "mypy", "--strict", "--cache-dir", at("cache"), ...files], {
      reject: false,
    });
    expect(mypy.stdout).toContain("Success: no issues found in 2 source files");
  }, 300_000);

  it("is the same text every time, and replaces nothing unless it is told to", () => {
    const error = errorOf(() => scaffold(TINY, { out: at("gpt2.py"), force: false }));
    expect([error.code, error.message]).toEqual(["USAGE", expect.stringContaining("exist already")]);
    const before = readFileSync(at("gpt2.py"), "utf8");
    scaffold(TINY, { out: at("gpt2.py"), force: true });
    expect(readFileSync(at("gpt2.py"), "utf8")).toBe(before);
  });

  it("is told as JSON, too", async () => {
    const { exitCode, stdout } = await runCli(["scaffold", TINY, "--out", at("other"), "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      module: join(at("other"), "scaffold.py"),
      parameters: 236928,
      layers: { "nn.Linear": 16, "nn.Embedding": 2, "nn.LayerNorm": 9 },
      bare: [],
    });
  });
});
