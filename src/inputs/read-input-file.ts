import { existsSync, readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { ParityError } from "../errors.js";
import { openTensorFile } from "../formats/open.js";
import { readTensor } from "../formats/read-tensor.js";
import type { LazyTensor } from "../formats/types.js";
import { fitTensor } from "./fit-tensor.js";
import { inputsError } from "./inputs-error.js";
import { tensorFromNested } from "./nested-array.js";
import type { InputSignature, InputTensor } from "./types.js";

/** A value as a file holds it, before the signature has said which dtype it becomes. */
export interface FileEntry {
  /** Null for a `.npy` or a bare JSON array. */
  readonly name: string | null;
  readonly file: string;
  /** The value under the signature's name and dtype; throws when shape, range or elements do not fit. */
  fit(signature: InputSignature): InputTensor;
}

/** The values for one case. */
export interface FileCase {
  readonly label: string;
  readonly entries: readonly FileEntry[];
}

const READABLE = "Inputs are read from .npz, .npy, .safetensors and .json files.";

/**
 * The cases of a file. Several come from JSON with a list under "cases", and from tensor names of the form `c0/X`, which is
 * how `writeCases` keeps them; any other file is one case.
 */
export function readInputFile(path: string): FileCase[] {
  if (!existsSync(path)) {
    throw new ParityError("FILE_NOT_FOUND", `There is no input file ${path}.`, {
      where: { file: path },
      hint: READABLE,
    });
  }
  if (extname(path).toLowerCase() === ".json") return readJsonCases(path);
  const file = openTensorFile(path);
  try {
    if (file.format !== "npz" && file.format !== "npy" && file.format !== "safetensors") {
      throw new ParityError("FORMAT_UNSUPPORTED", `${path} holds weights (${file.format}), not inputs.`, {
        where: { file: path },
        hint: READABLE,
      });
    }
    const tensors = [...file.tensors.values()];
    if (tensors.length === 0) throw inputsError(`${path} holds no tensors.`, { file: path });
    if (file.format === "npy")
      return [{ label: basename(path), entries: tensors.map((one) => loadEntry(one, null, path)) }];
    return splitCases(tensors, path);
  } finally {
    file.close();
  }
}

function splitCases(tensors: readonly LazyTensor[], path: string): FileCase[] {
  const groups = new Map<string, FileEntry[]>();
  for (const tensor of tensors) {
    const match = /^(c\d+)\/(.+)$/s.exec(tensor.name);
    const group = match?.[1] ?? "";
    groups.set(group, [...(groups.get(group) ?? []), loadEntry(tensor, match?.[2] ?? tensor.name, path)]);
  }
  if (groups.has("")) return [{ label: basename(path), entries: tensors.map((one) => loadEntry(one, one.name, path)) }];
  return [...groups]
    .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
    .map(([id, entries]) => ({ label: `${basename(path)} ${id}`, entries }));
}

function loadEntry(tensor: LazyTensor, name: string | null, file: string): FileEntry {
  if (tensor.dtype === "string") {
    throw inputsError(`${tensor.name} holds strings; inputs must be numbers.`, { file, key: tensor.name });
  }
  const { dtype } = tensor;
  const data = readTensor(tensor);
  return {
    name,
    file,
    fit: (signature) => fitTensor({ name: signature.name, dtype, shape: [...tensor.shape], data }, signature, { file }),
  };
}

function readJsonCases(path: string): FileCase[] {
  const value = parseJson(path);
  const label = basename(path);
  if (!isObject(value)) return [{ label, entries: [nestedEntry(null, value, path)] }];
  if (!("cases" in value)) return [{ label, entries: namedEntries(value, path) }];
  const { cases, ...rest } = value;
  const stray = Object.keys(rest)[0];
  if (stray !== undefined) {
    throw inputsError(`${path} has "${stray}" beside "cases": put every input inside a case.`, {
      file: path,
      key: stray,
    });
  }
  if (!Array.isArray(cases) || cases.length === 0) {
    throw inputsError(`"cases" in ${path} must be a list with at least one case.`, { file: path, key: "cases" });
  }
  return cases.map((one: unknown, index) => {
    const entries = isObject(one) ? namedEntries(one, path) : [nestedEntry(null, one, path)];
    return { label: cases.length === 1 ? label : `${label} ${index}`, entries };
  });
}

function namedEntries(value: Record<string, unknown>, path: string): FileEntry[] {
  const entries = Object.entries(value).map(([name, nested]) => nestedEntry(name, nested, path));
  if (entries.length === 0) throw inputsError(`${path} holds a case without inputs.`, { file: path });
  return entries;
}

/** An entry of numbers written in JSON, nested row by row. */
export function nestedEntry(name: string | null, nested: unknown, file: string): FileEntry {
  return {
    name,
    file,
    fit: (signature) =>
      fitTensor(tensorFromNested(nested, signature.name, signature.dtype, { file }), signature, { file }),
  };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw inputsError(`${path} cannot be read as JSON: ${reason}`, { file: path });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
