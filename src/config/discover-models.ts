import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** What a folder holds that could be checked, paths relative to it. */
export interface Discovered {
  /** Prefixes of checkpoints that have their graph. */
  readonly references: readonly string[];
  /** `port.py:build`; ONNX models where no code builds one. */
  readonly candidates: readonly string[];
}

/** Folders that hold other people's code, or what tools wrote. */
const PASSED_OVER = /^(?:\..*|node_modules|__pycache__|site-packages|venv|env|dist|build|reports)$/;
const DEEPEST = 4;
const MOST_ENTRIES = 20_000;
/** A Python file over this size was not written by hand. */
const LARGEST_BYTES = 1 << 20;
/** Functions that make a model, by how they are called. */
const BUILDS = /^(?:async\s+)?def\s+((?:build|load|create|make|get)(?:_\w+)?)\s*\(/gm;

/** Looks for checkpoints, and for Python functions that build a model or ONNX models, in a folder and a few levels below it. */
export function discoverModels(folder: string): Discovered {
  const files: string[] = [];
  collect(folder, 0, files);
  const known = new Set(files);
  const references = files
    .filter((file) => file.endsWith(".meta") && known.has(file.replace(/\.meta$/, ".index")))
    .map((file) => relative(folder, file.replace(/\.meta$/, "")));
  const candidates = files
    .filter((file) => file.endsWith(".py"))
    .flatMap((file) => buildersIn(file).map((name) => `${relative(folder, file)}:${name}`));
  // Beside the code of a port an ONNX model is what was exported from it; without any it is the port.
  const exported = files.filter((file) => file.endsWith(".onnx")).map((file) => relative(folder, file));
  return { references: references.sort(), candidates: (candidates.length > 0 ? candidates : exported).sort() };
}

function collect(folder: string, depth: number, files: string[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (files.length >= MOST_ENTRIES) return;
    const path = join(folder, entry.name);
    if (entry.isFile()) files.push(path);
    else if (entry.isDirectory() && depth < DEEPEST && !PASSED_OVER.test(entry.name)) collect(path, depth + 1, files);
  }
}

/** Functions of a file about torch whose name says that they build something and that need no argument. */
function buildersIn(file: string): string[] {
  if (statSync(file).size > LARGEST_BYTES) return [];
  const text = readFileSync(file, "utf8");
  if (!/^\s*(?:import|from)\s+(?:torch|transformers)\b/m.test(text)) return [];
  return [...text.matchAll(BUILDS)].flatMap((match) => {
    const name = match[1];
    const returned = returnType(text, (match.index ?? 0) + match[0].length);
    return name === undefined || returned === null ? [] : [name];
  });
}

/** The text after the parameters up to the colon; null when a parameter has no default, or what is returned is no model. */
function returnType(text: string, from: number): string | null {
  const end = closingAt(text, from);
  if (end === -1) return null;
  const parameters = splitTopLevel(text.slice(from, end)).map((one) => one.trim());
  if (parameters.some((one) => one !== "" && one !== "*" && one !== "/" && !one.startsWith("*") && !one.includes("=")))
    return null;
  const returned = /^\s*(?:->\s*([^:\n]+))?\s*:/.exec(text.slice(end + 1));
  if (returned === null) return null;
  const type = returned[1]?.trim() ?? "";
  // `def load_weights() -> dict[str, Tensor]` is named alike and gives something else.
  return /^(?:dict|list|tuple|None|str|int|float|bool|Path|Tensor|torch\.Tensor)\b/i.test(type) ? null : type;
}

function closingAt(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if ("([{".includes(text[at] ?? "")) depth++;
    if (")]}".includes(text[at] ?? "") && --depth === 0) return at;
  }
  return -1;
}

function splitTopLevel(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth++;
    if (")]}".includes(character)) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
