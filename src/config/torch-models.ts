import { existsSync, statSync } from "node:fs";
import { extname, isAbsolute, join, relative, resolve } from "node:path";
import { filesIn } from "./no-such-model.js";
import { zipNames } from "./zip-names.js";

/** What `torch.export.save` or `torch.jit.save` wrote: a model with its code in one file. */
export interface TorchProgram {
  readonly kind: "torch-program";
  readonly form: "pt2" | "torchscript";
  readonly file: string;
}

/** A folder that `save_pretrained` of transformers wrote: `hf:DIR`, or `hf:DIR#BertModel` for another class than its own. */
export interface PretrainedModel {
  readonly kind: "hf";
  readonly directory: string;
  /** Null: the one that its config.json names. */
  readonly class: string | null;
}

const PREFIX = "hf:";
const WEIGHTS = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

/** `hf:DIR` and `hf:DIR#Class`; null for any other path. */
export function parsePretrained(path: string): PretrainedModel | null {
  if (!path.startsWith(PREFIX)) return null;
  const [, directory = "", name] = /^hf:(.*?)(?:#([\p{ID_Start}_][\p{ID_Continue}]*))?$/su.exec(path) ?? [];
  return { kind: "hf", directory, class: name ?? null };
}

/** Whether a folder holds what `save_pretrained` writes. */
export function isPretrainedFolder(path: string): boolean {
  return existsSync(join(path, "config.json")) && WEIGHTS.some((name) => existsSync(join(path, name)));
}

/** The program in a file, by its content; null for any other file. */
export function recogniseProgram(path: string): TorchProgram | null {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const names = zipNames(path);
  if (names.includes("/constants.pkl")) return { kind: "torch-program", form: "torchscript", file: path };
  // What AOTInductor packs has the same ending, and machine code instead of a graph.
  const isCompiled = names.includes("/aotinductor/");
  const isProgram = names.includes("/models/") && names.includes("/archive_format");
  return (isProgram || extname(path).toLowerCase() === ".pt2") && !isCompiled
    ? { kind: "torch-program", form: "pt2", file: path }
    : null;
}

/** A model as it was typed, with its path made absolute. */
export function resolveModelPath(directory: string, path: string): string {
  return path.startsWith(PREFIX)
    ? `${PREFIX}${resolve(directory, path.slice(PREFIX.length))}`
    : resolve(directory, path);
}

/** The opposite: a model as one would type it in the working directory. */
export function nearModelPath(path: string, cwd: string): string {
  const prefix = path.startsWith(PREFIX) ? PREFIX : "";
  const plain = path.slice(prefix.length);
  if (!isAbsolute(plain)) return path;
  const near = relative(cwd, plain);
  return near === "" || near.startsWith("..") ? path : `${prefix}${near}`;
}

/** The files that a folder of transformers' is made of. */
export function pretrainedFiles({ directory }: PretrainedModel): string[] {
  return filesIn(directory)
    .filter((name) => /\.(?:json|safetensors|bin)$/.test(name))
    .map((name) => join(directory, name));
}
