import { fillAsAsked } from "./fill-input.js";
import { fitTensor } from "./fit-tensor.js";
import type { InputSpec } from "./input-spec.js";
import { describeSignatures, inputsError } from "./inputs-error.js";
import { randomFor } from "./random.js";
import { nestedEntry, readInputFile } from "./read-input-file.js";
import type { InputSignature, InputTensor } from "./types.js";

/** The tensor that a user's spec gives for one input. A generated one depends on the seed and the input's name only. */
export function tensorFromSpec(spec: InputSpec, signature: InputSignature, seed: number): InputTensor {
  if (spec.kind === "json") return nestedEntry(signature.name, spec.value, "the inline value").fit(signature);
  if (spec.kind === "generator") {
    const made = fillAsAsked(signature, spec.generator, spec.shape, randomFor(seed, "given", signature.name));
    return fitTensor(made, signature, {});
  }
  const [first, second] = readInputFile(spec.path);
  if (first === undefined || second !== undefined) {
    throw inputsError(
      `${spec.path} holds several cases, but input ${signature.name} takes one value from it.`,
      { file: spec.path, key: signature.name },
      "Use the whole file for all inputs: inputs.files in the configuration.",
    );
  }
  const names = first.entries.map((one) => one.name ?? "one without a name");
  const only = first.entries.length === 1 ? first.entries[0] : undefined;
  const wanted = spec.key ?? signature.name;
  const entry = first.entries.find((one) => one.name === wanted) ?? (spec.key === null ? only : undefined);
  if (entry === undefined) {
    throw inputsError(
      `${spec.path} has no tensor ${wanted}; it holds ${names.join(", ")}.`,
      { file: spec.path, key: wanted },
      `Name one: --input ${signature.name}=${spec.path}#${names[0]}`,
    );
  }
  return entry.fit(signature);
}

/** The signature of an input that the user named, with or without `:0`. */
export function findSignature(name: string, signatures: readonly InputSignature[]): InputSignature {
  const signature = signatures.find((one) => one.name === name || `${one.name}:0` === name || one.name === `${name}:0`);
  if (signature !== undefined) return signature;
  throw inputsError(
    `The reference has no input ${name}. Its inputs: ${describeSignatures(signatures)}.`,
    { key: name },
    `Example: --input ${signatures[0]?.name ?? "NAME"}=ids.npz`,
  );
}
