import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { inputsError } from "./inputs-error.js";

export type Generator = "ids" | "normal" | "zeros" | "ones";

/** What a user says about one input: a tensor in a file, numbers, or how to make them. */
export type InputSpec =
  | { readonly kind: "file"; readonly path: string; readonly key: string | null }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "generator"; readonly generator: Generator; readonly shape: number[] };

export const SPEC_EXAMPLES = "ids.npz, ids.npz#key, [[1,2,3]], 1.0, ids:3x7, normal:1x8x8x3, zeros:1x4, ones:1x4";

/** Elements of a generated input; beyond this it is a typing error, not a test input (8 GiB of float32). */
const MAX_ELEMENTS = 2 ** 31;

/**
 * Reads the SPEC of `--input NAME=SPEC` or of `inputs.values`: inline JSON, a generator with its shape, or else a file
 * (`file#key` for one tensor of several), whose path is taken relative to `directory`.
 */
export function parseInputSpec(spec: string, directory: string = process.cwd()): InputSpec {
  const text = spec.trim();
  if (text === "") throw inputsError("An input has an empty value.", {}, `Examples: ${SPEC_EXAMPLES}`);
  if (/^[[{]/.test(text)) return { kind: "json", value: parseJson(text) };
  if (text === "true" || text === "false") return { kind: "json", value: text === "true" };
  if (Number.isFinite(Number(text))) return { kind: "json", value: Number(text) };
  const generator = /^(\w+):(.*)$/.exec(text);
  if (generator?.[1] !== undefined && generator[1].length > 1)
    return parseGenerator(text, generator[1], generator[2] ?? "");
  return parseFile(text, directory);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw inputsError(`The inline value ${shorten(text)} is not JSON: ${reason}`, {}, "Example: --input 'X=[[1,2,3]]'");
  }
}

function parseGenerator(text: string, name: string, dimensions: string): InputSpec {
  if (name !== "ids" && name !== "normal" && name !== "zeros" && name !== "ones") {
    throw inputsError(
      `${shorten(text)} asks for the generator "${name}", which does not exist.`,
      {},
      `Generators: ids, normal, zeros, ones. Examples: ${SPEC_EXAMPLES}`,
    );
  }
  const shape = dimensions.split("x").map((part) => (/^[1-9]\d*$/.test(part) ? Number(part) : Number.NaN));
  if (shape.some(Number.isNaN)) {
    throw inputsError(
      `"${dimensions}" in ${shorten(text)} is not a shape: expected positive sizes joined by x.`,
      {},
      `Example: ${name}:3x7. For a scalar give its value: --input keep_prob=1.0`,
    );
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MAX_ELEMENTS) {
    throw inputsError(`${shorten(text)} would have ${count} elements; the limit is ${MAX_ELEMENTS}.`, {});
  }
  return { kind: "generator", generator: name, shape };
}

function parseFile(text: string, directory: string): InputSpec {
  const whole = resolve(directory, text);
  const hash = text.lastIndexOf("#");
  if (hash <= 0 || existsSync(whole)) return { kind: "file", path: whole, key: null };
  return { kind: "file", path: resolve(directory, text.slice(0, hash)), key: text.slice(hash + 1) };
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
