import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCommand } from "../../src/config/check-command.js";
import { recogniseModel, requireReference } from "../../src/config/models.js";
import { resolveConfig } from "../../src/config/resolve.js";
import { nearModelPath } from "../../src/config/torch-models.js";
import { validateConfig } from "../../src/config/validate.js";

describe("PyTorch results that are no code", () => {
  it("a folder of transformers' is known by hf: or by what it holds, and a class is picked behind #", () => {
    const folder = mkdtempSync(join(tmpdir(), "parity-hf-"));
    expect(recogniseModel(`hf:${folder}`)).toEqual({ kind: "hf", directory: folder, class: null });
    expect(recogniseModel(`hf:${folder}#BertModel`)).toEqual({ kind: "hf", directory: folder, class: "BertModel" });
    writeFileSync(join(folder, "config.json"), "{}");
    writeFileSync(join(folder, "model.safetensors"), "");
    expect(recogniseModel(folder)).toEqual({ kind: "hf", directory: folder, class: null });
    expect(() => requireReference(folder)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Are --reference and --candidate swapped?" }),
    );
  });

  it("hf: paths are resolved like others, and shown as they were typed", () => {
    const cwd = mkdtempSync(join(tmpdir(), "parity-hf-"));
    mkdirSync(join(cwd, "port"));
    const config = resolveConfig(
      null,
      { reference: "model.ckpt", candidate: "hf:port#GPT2Model", dtype: "float16" },
      cwd,
    );
    expect(config.candidate).toMatchObject({ model: `hf:${join(cwd, "port")}#GPT2Model`, dtype: "float16" });
    expect(config.candidate.device).toBeUndefined();
    expect(nearModelPath(config.candidate.model, cwd)).toBe("hf:port#GPT2Model");
    expect(
      checkCommand(config, { reference: "model.ckpt", candidate: "hf:port#GPT2Model", compile: true }, "h.0", cwd),
    ).toBe("parity check --reference model.ckpt --candidate 'hf:port#GPT2Model' --compile --only h.0");
  });

  it("the command line decides about device, dtype and compile over the file", () => {
    const cwd = tmpdir();
    const file = {
      reference: "a",
      candidate: { model: "port.py:build", device: "cuda:1", dtype: "bfloat16" as const },
    };
    const loaded = { config: validateConfig(file, "parity.config.ts"), directory: cwd, path: "parity.config.ts" };
    expect(resolveConfig(loaded, {}, cwd).candidate).toMatchObject({ device: "cuda:1", dtype: "bfloat16" });
    expect(resolveConfig(loaded, { device: "cpu", compile: true }, cwd).candidate).toMatchObject({
      device: "cpu",
      dtype: "bfloat16",
      compile: true,
    });
  });

  it.each([
    ["device", "gpu", "cpu, cuda, cuda:N or mps"],
    ["dtype", "int8", "float32, float16 or bfloat16"],
  ])("a %s that does not exist is told with what does", (key, value, what) => {
    const config = { reference: "a", candidate: { model: "port.py:build", [key]: value } };
    expect(() => validateConfig(config, "parity.config.ts")).toThrow(what);
  });
});
