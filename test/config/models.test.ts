import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recogniseModel, requireCandidate, requireReference } from "../../src/config/models.js";

const TRIO = ["model.ckpt.index", "model.ckpt.data-00000-of-00001", "model.ckpt.meta"];

describe("what a model path is", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parity-models-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const write = (name: string, content: string | Uint8Array = "") => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
    return at(name);
  };
  const checkpoint = () => ({ kind: "tf1-checkpoint", prefix: at("model.ckpt"), metaPath: at("model.ckpt.meta") });

  it.each(["model.ckpt", ...TRIO, "", "."])("recognises a checkpoint by %j", (name) => {
    for (const file of TRIO) write(file);
    expect(recogniseModel(at(name))).toEqual(checkpoint());
  });

  it("follows the checkpoint file to the latest of several", () => {
    for (const step of [1, 2]) for (const file of TRIO) write(file.replace("model.ckpt", `model.ckpt-${step}`));
    expect(() => recogniseModel(folder)).toThrow(
      expect.objectContaining({
        message: `${folder} holds 2 checkpoints and no file named checkpoint that says which is meant.`,
        hint: `Name one: ${at("model.ckpt-1")}, ${at("model.ckpt-2")}`,
      }),
    );
    write("checkpoint", 'model_checkpoint_path: "model.ckpt-2"\nall_model_checkpoint_paths: "model.ckpt-1"\n');
    expect(recogniseModel(folder)).toMatchObject({ prefix: at("model.ckpt-2") });
  });

  it("stays in the folder when the checkpoint file names a path of another machine or outside", () => {
    for (const file of TRIO) write(file);
    for (const path of ["/home/trainer/run/model.ckpt", "../../model.ckpt", "C:\\\\run\\\\model.ckpt"]) {
      write("checkpoint", `model_checkpoint_path: "${path}"\n`);
      expect(recogniseModel(folder)).toEqual(checkpoint());
    }
    for (const text of ["", 'model_checkpoint_path: ".."', "all_model_checkpoint_paths: 3"]) {
      write("checkpoint", text);
      expect(() => recogniseModel(folder)).toThrow("does not name a checkpoint");
    }
  });

  it.each([
    [[".meta"], "lacks model.ckpt.meta.", "The .meta file holds the graph"],
    [[".index"], "lacks model.ckpt.index.", "Copy all files of the checkpoint into one folder"],
    [[".data-00000-of-00001"], "lacks model.ckpt.data-*.", "Copy all files of the checkpoint into one folder"],
    [[".index", ".data-00000-of-00001"], "lacks model.ckpt.index and model.ckpt.data-*.", "Copy all files"],
  ])("says what a checkpoint without %j lacks", (missing, message, hint) => {
    for (const file of TRIO) if (!missing.some((ending) => file.endsWith(ending))) write(file);
    expect(() => recogniseModel(at("model.ckpt"))).toThrow(
      expect.objectContaining({
        code: "FILE_NOT_FOUND",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  it("mentions another .meta in the folder when the checkpoint's own is missing", () => {
    write("model.ckpt.index");
    write("model.ckpt.data-00000-of-00001");
    write("graph.meta");
    expect(() => recogniseModel(at("model.ckpt"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("There is graph.meta in the same folder.") }),
    );
  });

  it("recognises a Python file with its callable", () => {
    write("port.py", "def build():\n    pass\n");
    expect(recogniseModel(`${at("port.py")}:build`)).toEqual({
      kind: "python",
      file: at("port.py"),
      callable: "build",
    });
    expect(recogniseModel(`${at("port.py")}:Model.tiny`)).toMatchObject({ callable: "Model.tiny" });
  });

  it("lists the functions of a Python file that was given without one", () => {
    write(
      "port.py",
      "import torch\n\nclass Block:\n    def forward(self): ...\n\ndef load_weights(): ...\n\nasync_ = 1\n",
    );
    expect(() => recogniseModel(at("port.py"))).toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: `${at("port.py")} does not say which function builds the model.`,
        hint: "In that file: Block, load_weights. Example: port.py:load_weights",
      }),
    );
    expect(() => recogniseModel(`${at("port.py")}:build()`)).toThrow('names "build()", which is not a Python name');
    write("empty.py");
    expect(() => recogniseModel(at("empty.py"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("Write a function that returns the ready nn.Module") }),
    );
  });

  it("suggests the Python file that a misspelt one means", () => {
    expect(() => recogniseModel(`${at("prot.py")}:build`)).toThrow(
      expect.objectContaining({
        message: `There is no Python file ${at("prot.py")}.`,
        hint: `There are no Python files in ${folder}.`,
      }),
    );
    write("port.py");
    expect(() => recogniseModel(`${at("prot.py")}:build`)).toThrow(
      expect.objectContaining({ hint: "Did you mean port.py?" }),
    );
    expect(() => recogniseModel(`${at("converted_network.py")}:build`)).toThrow(
      expect.objectContaining({ hint: `Python files in ${folder}: port.py.` }),
    );
  });

  it("says what was looked for and what is there when there is no model", () => {
    for (const file of TRIO) write(file);
    expect(() => recogniseModel(at("modle.ckpt"))).toThrow(
      expect.objectContaining({
        code: "FILE_NOT_FOUND",
        message: `There is no model ${at("modle.ckpt")}. Looked for: ${at("modle.ckpt")}, ${at("modle.ckpt.index")}, ${at("modle.ckpt.meta")}.`,
        hint: `Did you mean model.ckpt? In ${folder}: ${[...TRIO].sort().join(", ")}.`,
      }),
    );
    expect(() => recogniseModel(at("no/such/model.ckpt"))).toThrow(`the folder ${at("no/such")} does not exist`);
  });

  it("says that a folder or file holds no model that it knows", () => {
    write("notes.txt", "hello");
    expect(() => recogniseModel(folder)).toThrow(
      expect.objectContaining({
        message: `${folder} is a folder in which no model was recognised.`,
        hint: `Looked for: a file named checkpoint, exactly one *.meta, saved_model.pb. In ${folder}: notes.txt.`,
      }),
    );
    expect(() => recogniseModel(at("notes.txt"))).toThrow("is a file in which no model was recognised");
  });

  it("shows only the beginning of a crowded folder", () => {
    for (let i = 10; i < 40; i++) write(`file${i}`);
    expect(() => recogniseModel(at("zzz"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("file21, and 18 more.") }),
    );
  });

  it("takes a SavedModel and a graph for originals, and not for candidates", () => {
    write("saved/saved_model.pb");
    write("frozen.pb");
    expect(requireReference(at("saved"))).toEqual({ kind: "saved-model", directory: at("saved") });
    expect(requireReference(at("saved/saved_model.pb"))).toEqual({ kind: "saved-model", directory: at("saved") });
    expect(requireReference(at("frozen.pb"))).toEqual({ kind: "frozen-graph", file: at("frozen.pb") });
    write("web/model.json");
    for (const path of ["web", "web/model.json"])
      expect(requireReference(at(path))).toEqual({ kind: "tfjs-graph", file: at("web/model.json") });
    expect(() => requireCandidate(at("saved"))).toThrow("is a TensorFlow SavedModel; the candidate is the converted");
    expect(() => requireCandidate(at("frozen.pb"))).toThrow("is a TensorFlow graph; the candidate is the converted");
  });

  it.each([
    ["golden/recording.json", "golden", "a recording (golden) made by parity"],
    ["m.tflite", "m.tflite", "a TensorFlow Lite model"],
    ["m.safetensors", "m.safetensors", "a state dict: weights without the code that uses them"],
  ])("knows %s and says that it cannot be run yet", (file, path, what) => {
    write(file);
    expect(recogniseModel(at(path))).toEqual({ kind: "unsupported", what });
    expect(() => requireReference(at(path))).toThrow(`The reference ${at(path)} is ${what}, which cannot be run yet.`);
    expect(() => requireCandidate(at(path))).toThrow(`The candidate ${at(path)} is ${what}, which cannot be run yet.`);
  });

  it("takes an ONNX model as the candidate, by its content or its name, and not as the reference", () => {
    const model = { kind: "onnx", file: write("m.onnx") };
    expect(requireCandidate(at("m.onnx"))).toEqual(model);
    // A version of the format and an empty graph.
    write("exported.bin", Buffer.from([0x08, 8, 0x3a, 0]));
    expect(requireCandidate(at("exported.bin"))).toEqual({ kind: "onnx", file: at("exported.bin") });
    expect(() => requireReference(at("m.onnx"))).toThrow("is an ONNX model; the reference is the original");
  });

  it("tells what is readable, and how to give a state dict", () => {
    write("golden/recording.json");
    expect(() => requireReference(at("golden"))).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining("Readable today: as the reference a TensorFlow 1 checkpoint with its .meta"),
      }),
    );
    expect(() => requireCandidate(write("w.pth"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("--candidate port.py:build --weights w.pth") }),
    );
  });

  it("takes code as the original unless it is about PyTorch alone", () => {
    write("original.py", "import tensorflow as tf\nimport torch  # converts\n\ndef build(): ...");
    write("package.py", "from mine.models import build");
    for (const file of ["original.py", "package.py"])
      expect(requireReference(`${at(file)}:build`)).toMatchObject({ kind: "python", file: at(file) });
  });

  it("of a TensorFlow Lite model says what to give instead", () => {
    expect(() => requireReference(write("m.tflite"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("Give the model that it was made from.") }),
    );
  });

  it("notices when the two models are swapped", () => {
    for (const file of TRIO) write(file);
    write("port.py", "import torch\n\ndef build(): ...");
    expect(requireReference(at("model.ckpt"))).toEqual(checkpoint());
    expect(requireCandidate(`${at("port.py")}:build`)).toMatchObject({ callable: "build" });
    expect(() => requireReference(`${at("port.py")}:build`)).toThrow(
      expect.objectContaining({ hint: "Are --reference and --candidate swapped?" }),
    );
    write("model.keras");
    for (const original of ["model.ckpt", "model.keras"]) {
      expect(() => requireCandidate(at(original))).toThrow(
        expect.objectContaining({ hint: expect.stringContaining("swapped?") }),
      );
    }
  });
});
