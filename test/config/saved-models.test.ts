import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recogniseModel } from "../../src/config/models.js";
import { runPython } from "../helpers/python.js";

const STATE_DICT = "a state dict: weights without the code that uses them";

describe("models as the frameworks save them", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "parity-saved-"));
    await runPython("test/fixtures/inputs/model_files.py", [folder]);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds the trio that a Saver wrote, by its folder, through the checkpoint file", () => {
    const prefix = join(folder, "trio/model.ckpt-7");
    expect(recogniseModel(join(folder, "trio"))).toEqual({
      kind: "tf1-checkpoint",
      prefix,
      metaPath: `${prefix}.meta`,
    });
  });

  it("says that an object-based checkpoint carries no graph", () => {
    expect(() => recogniseModel(join(folder, "objects"))).toThrow("lacks objects.meta.");
  });

  it.each(["model.keras", "model.h5"])("knows %s for a Keras model by its content, whatever it is called", (name) => {
    const renamed = join(folder, `renamed-${name.replace(".", "-")}`);
    copyFileSync(join(folder, name), renamed);
    for (const file of [join(folder, name), renamed]) expect(recogniseModel(file)).toEqual({ kind: "keras", file });
  });

  it.each(["saved", "saved/saved_model.pb"])("finds the SavedModel by %s", (path) => {
    expect(recogniseModel(join(folder, path))).toEqual({ kind: "saved-model", directory: join(folder, "saved") });
  });

  it.each([
    ["state.pt", STATE_DICT],
    ["legacy.pth", STATE_DICT],
    ["state.safetensors", STATE_DICT],
  ])("tells %s apart by its content", (path, what) => {
    expect(recogniseModel(join(folder, path))).toEqual({ kind: "unsupported", what });
  });

  it.each([
    ["traced.pt", "torchscript"],
    ["exported.pt2", "pt2"],
  ])("knows %s for a program, whatever it is called", (path, form) => {
    const other = join(folder, `other-${form}.bin`);
    copyFileSync(join(folder, path), other);
    for (const file of [join(folder, path), other])
      expect(recogniseModel(file)).toEqual({ kind: "torch-program", form, file });
  });
});
