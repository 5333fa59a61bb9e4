import { fillInput, isSwitch } from "./fill-input.js";
import { describeSignatures, inputsError } from "./inputs-error.js";
import { randomFor } from "./random.js";
import { type FileEntry, readInputFile } from "./read-input-file.js";
import type { Case, InputSignature, InputTensor } from "./types.js";

/**
 * The cases of several input files (`.npz`, `.npy`, `.safetensors`, `.json`), in order, numbered through. Values go to the
 * inputs by name; where no name of the file is an input's and the numbers agree, by order. `given` inputs come from elsewhere
 * (the command line) and win over the files.
 */
export function casesFromFiles(
  paths: readonly string[],
  signatures: readonly InputSignature[],
  given: readonly InputTensor[] = [],
): Case[] {
  return paths
    .flatMap((path) => readInputFile(path).map((one) => ({ ...one, path })))
    .map(({ label, entries, path }, index) => {
      const matched = matchEntries(entries, signatures, given, path);
      const inputs = signatures.map((signature) => {
        const kept = given.find(({ name }) => name === signature.name);
        return kept ?? matched.get(signature.name)?.fit(signature) ?? valueOfMissing(signature, entries, path);
      });
      return { id: `c${index}`, label, inputs };
    });
}

/** Which entry feeds which input. */
function matchEntries(
  entries: readonly FileEntry[],
  signatures: readonly InputSignature[],
  given: readonly InputTensor[],
  path: string,
): Map<string, FileEntry> {
  const matched = new Map<string, FileEntry>();
  const strangers: FileEntry[] = [];
  for (const entry of entries) {
    const signature = signatures.find((one) => entry.name !== null && isSameName(one.name, entry.name));
    if (signature === undefined) strangers.push(entry);
    else if (matched.has(signature.name)) {
      throw inputsError(`${path} has two values for input ${signature.name}.`, { file: path, key: signature.name });
    } else matched.set(signature.name, entry);
  }
  if (strangers.length === 0) return matched;
  const open = signatures.filter(({ name }) => !given.some((one) => one.name === name));
  const needed = open.filter((one) => !isSwitch(one) || open.length === entries.length);
  if (matched.size === 0 && needed.length === entries.length) {
    return new Map(needed.flatMap((one, index) => (entries[index] === undefined ? [] : [[one.name, entries[index]]])));
  }
  const names = strangers.map((one) => one.name ?? "a tensor without a name").join(", ");
  throw inputsError(
    `${path} has ${names}, which is no input of the reference. Its inputs: ${describeSignatures(signatures)}.`,
    { file: path, key: strangers[0]?.name ?? "" },
    "Name the tensors in the file after the inputs.",
  );
}

/** TensorFlow's tensor name `X:0` and the input's name `X` are the same input; so are names that differ in case only. */
function isSameName(a: string, b: string): boolean {
  return a.replace(/:0$/, "").toLowerCase() === b.replace(/:0$/, "").toLowerCase();
}

function valueOfMissing(signature: InputSignature, entries: readonly FileEntry[], path: string): InputTensor {
  if (isSwitch(signature)) return fillInput(signature, [], randomFor(0));
  const { name } = signature;
  const found = entries.map((one) => one.name ?? "one without a name").join(", ");
  throw inputsError(
    `${path} has no value for input ${name} (found: ${found}).`,
    { file: path, key: name },
    `Add it to the file, or give it beside the file: --input ${name}=ones:1x8`,
  );
}
