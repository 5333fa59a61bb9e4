import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { ParityError } from "../errors.js";
import { withFileBytes } from "../formats/file-bytes.js";
import { isOnnx } from "../formats/onnx/is-onnx.js";
import { isPyTorchOnly, type KerasModel, type PythonModel } from "./exported-model.js";
import { findCheckpoint } from "./find-checkpoint.js";
import { isGolden } from "./golden-folder.js";
import { nearestWord } from "./nearest.js";
import { filesIn, folderOf, noSuchModel } from "./no-such-model.js";
import type { FrozenGraphFile, OriginalModel, SavedModelFolder, TfjsModelFile } from "./original-files.js";
import {
  isPretrainedFolder,
  type PretrainedModel,
  parsePretrained,
  pretrainedFiles,
  recogniseProgram,
  type TorchProgram,
} from "./torch-models.js";
import { nameUnsupported } from "./unsupported-models.js";

export type { KerasModel, PythonModel } from "./exported-model.js";

/** A model that is known for what it is but cannot be run by this version. */
export interface UnsupportedModel {
  readonly kind: "unsupported";
  /** "a TensorFlow SavedModel". */
  readonly what: string;
}

/** A folder that `parity record` wrote: what a reference gave, kept. */
export interface GoldenModel {
  readonly kind: "golden";
  readonly directory: string;
}

export interface OnnxModelFile {
  readonly kind: "onnx";
  readonly file: string;
}

/** What can be the candidate. */
export type CandidateModel = PythonModel | TorchProgram | PretrainedModel | OnnxModelFile;

/** What can be the reference. */
export type ReferenceModel = OriginalModel | KerasModel | PythonModel | GoldenModel;

export type RecognisedModel = ReferenceModel | CandidateModel | UnsupportedModel;

const READABLE =
  "Readable today: as the reference a TensorFlow 1 checkpoint with its .meta, a SavedModel, a frozen graph (.pb), a TensorFlow.js graph model, a Keras model, code (file.py:callable) or a golden; as the candidate file.py:callable, a program of torch.export (.pt2) or TorchScript, an ONNX model, or hf:DIR.";

/**
 * What a model path is, by what is on disk. Throws FILE_NOT_FOUND with everything that was looked for, FORMAT_INVALID for a
 * checkpoint that lacks a part, and USAGE for a Python file without its callable.
 */
export function recogniseModel(path: string): RecognisedModel {
  const pretrained = parsePretrained(path);
  if (pretrained !== null) return pretrained;
  const python = /^(.*\.py)(?::(.*))?$/s.exec(path);
  if (python?.[1] !== undefined) return recognisePython(python[1], python[2] ?? "");
  if (isGolden(path)) return { kind: "golden", directory: path };
  const checkpoint = findCheckpoint(path);
  if (checkpoint !== null) return checkpoint;
  const original = findGraphModel(path);
  if (original !== null) return original;
  if (isOnnxFile(path)) return { kind: "onnx", file: path };
  const program = recogniseProgram(path);
  if (program !== null) return program;
  if (isPretrainedFolder(path)) return { kind: "hf", directory: path, class: null };
  const what = existsSync(path) ? nameUnsupported(path) : null;
  if (what?.startsWith("a Keras model")) return { kind: "keras", file: path };
  if (what !== null) return { kind: "unsupported", what };
  throw noSuchModel(path);
}

/** A SavedModel's folder (or its saved_model.pb), the file of a frozen graph, or a model of TensorFlow.js. */
function findGraphModel(path: string): SavedModelFolder | FrozenGraphFile | TfjsModelFile | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isDirectory()) {
    if (existsSync(join(path, "saved_model.pb"))) return { kind: "saved-model", directory: path };
    const model = join(path, "model.json");
    return existsSync(model) ? { kind: "tfjs-graph", file: model } : null;
  }
  if (basename(path) === "model.json") return { kind: "tfjs-graph", file: path };
  if (basename(path) === "saved_model.pb") return { kind: "saved-model", directory: dirname(path) };
  return /\.(pb|pbtxt)$/i.test(path) ? { kind: "frozen-graph", file: path } : null;
}

/** The reference as something that can be run or read, or an error that says what it is instead. */
export function requireReference(path: string): ReferenceModel {
  const model = recogniseModel(path);
  if (model.kind === "unsupported") throw notYet("reference", path, model.what);
  if (model.kind === "python") {
    if (!isPyTorchOnly(model.file)) return model;
    throw swapped(path, "a file about PyTorch");
  }
  if (isCandidate(model)) throw swapped(path, WHAT[model.kind]);
  return model;
}

function swapped(path: string, what: string): ParityError {
  return new ParityError("USAGE", `The reference ${path} is ${what}; the reference is the original TensorFlow model.`, {
    where: { file: path, key: "reference" },
    hint: "Are --reference and --candidate swapped?",
  });
}

const WHAT = {
  python: "a Python file",
  "torch-program": "a PyTorch program",
  hf: "a folder of transformers' for PyTorch",
  onnx: "an ONNX model",
} as const;

/** Everything on disk that a candidate is known to be made of, for telling when it changed. */
export function candidateFiles(model: CandidateModel): string[] {
  return model.kind === "hf" ? pretrainedFiles(model) : [model.file];
}

/** The candidate, or an error that says what it is instead. */
export function requireCandidate(path: string): CandidateModel {
  const model = recogniseModel(path);
  if (isCandidate(model)) return model;
  if (isOriginal(model) || model.kind === "keras") {
    throw new ParityError(
      "USAGE",
      `The candidate ${path} is ${NAMES[model.kind]}; the candidate is the converted PyTorch model.`,
      {
        where: { file: path, key: "candidate" },
        hint: "Are --reference and --candidate swapped? A candidate is given as port.py:build.",
      },
    );
  }
  if (model.kind === "golden") {
    throw new ParityError("USAGE", `The candidate ${path} is a golden: what a reference gave, kept.`, {
      where: { file: path, key: "candidate" },
      hint: `Give it as the reference: --reference ${path}. A candidate is given as port.py:build.`,
    });
  }
  throw notYet("candidate", path, model.what);
}

const NAMES: Readonly<Record<OriginalModel["kind"] | "keras", string>> = {
  keras: "a Keras model",
  "tf1-checkpoint": "a TensorFlow checkpoint",
  "saved-model": "a TensorFlow SavedModel",
  "frozen-graph": "a TensorFlow graph",
  "tfjs-graph": "a TensorFlow.js model",
};

/** Whether a model is one that can be the candidate. */
export function isCandidate(model: RecognisedModel): model is CandidateModel {
  return model.kind in WHAT;
}

/** Whether a model is an original that TensorFlow's C runtime runs as it is stored. */
export function isOriginal(model: RecognisedModel): model is OriginalModel {
  return model.kind in NAMES && model.kind !== "keras";
}

function notYet(side: "reference" | "candidate", path: string, what: string): ParityError {
  const hint = what.includes("state dict")
    ? `Give the code that builds the model, and the weights beside it: --candidate port.py:build --weights ${basename(path)}`
    : what.includes("Lite")
      ? "It holds what the converter made of the original, often rounded, and gives no inner tensors. Give the model that it was made from."
      : READABLE;
  return new ParityError("FORMAT_UNSUPPORTED", `The ${side} ${path} is ${what}, which cannot be run yet.`, {
    where: { file: path, key: side },
    hint,
  });
}

/** By its content; a damaged file of that name is one, too, and its reader says best what is wrong with it. */
function isOnnxFile(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  return (
    extname(path).toLowerCase() === ".onnx" ||
    withFileBytes(path, (bytes) => {
      const found = isOnnx(bytes);
      bytes.close();
      return found;
    })
  );
}

function recognisePython(file: string, callable: string): PythonModel {
  if (!existsSync(file) || !statSync(file).isFile()) {
    const others = filesIn(folderOf(file)).filter((name) => extname(name) === ".py");
    const nearest = nearestWord(basename(file), others);
    throw new ParityError("FILE_NOT_FOUND", `There is no Python file ${file}.`, {
      where: { file },
      hint:
        nearest !== null
          ? `Did you mean ${nearest}?`
          : others.length > 0
            ? `Python files in ${folderOf(file)}: ${others.join(", ")}.`
            : `There are no Python files in ${folderOf(file)}.`,
    });
  }
  if (/^[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u.test(callable)) {
    return { kind: "python", file, callable };
  }
  const names = [...readFileSync(file, "utf8").matchAll(/^(?:def|class)\s+(\w+)/gm)].flatMap((match) => match[1] ?? []);
  const problem =
    callable === ""
      ? "does not say which function builds the model"
      : `names "${callable}", which is not a Python name`;
  throw new ParityError("USAGE", `${file}${callable === "" ? "" : `:${callable}`} ${problem}.`, {
    where: { file },
    hint:
      names.length === 0
        ? `Write a function that returns the ready nn.Module, and give ${basename(file)}:build`
        : `In that file: ${names.join(", ")}. Example: ${basename(file)}:${names.find((name) => /build|load|create|make|get/i.test(name)) ?? names[0]}`,
  });
}
