import { resolveShape, sequenceLength } from "./axis-sizes.js";
import { encodeElements } from "./elements.js";
import { fillInput, isSwitch } from "./fill-input.js";
import { fitTensor } from "./fit-tensor.js";
import { describeShape, describeSignatures, inputsError } from "./inputs-error.js";
import { randomFor } from "./random.js";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.js";
import type { Case, InputSignature, InputTensor } from "./types.js";

const LABEL_CHARACTERS = 32;

/**
 * One case per text, batch 1, with the ids of the vocabulary in that folder. Every input that looks up the text's own table
 * gets the ids; token-id inputs with a smaller table (token types) get zeros, masks get ones, other inputs are filled as in
 * generated cases. Throws when a text is empty, too long for the model, or gives ids outside its embedding table.
 */
export function textCases(
  texts: readonly string[],
  vocabularyDirectory: string,
  signatures: readonly InputSignature[],
  options: { readonly seed: number; readonly given?: readonly InputTensor[] },
): Case[] {
  const given = options.given ?? [];
  const open = signatures.filter((one) => !given.some(({ name }) => name === one.name));
  const targets = textInputs(open);
  if (targets.length === 0) throw noTarget(signatures);
  const tokenizer = loadTokenizer(vocabularyDirectory);
  return texts.map((text, index) => {
    const id = `c${index}`;
    const ids = targets.map((target) => idsFor(text, target, tokenizer));
    const fixed = [...given, ...ids];
    const inputs = signatures.map((signature) => {
      const kept = fixed.find(({ name }) => name === signature.name);
      return kept ?? fillBeside(signature, signatures, fixed, options.seed, id);
    });
    return { id, label: labelOf(text), inputs };
  });
}

function noTarget(signatures: readonly InputSignature[]): Error {
  const taken = signatures.filter((one) => one.role === "token-ids").map((one) => one.name);
  if (taken.length > 0) {
    return inputsError(
      `A text has nowhere to go: ${taken.join(", ")} already has a value.`,
      { key: taken[0] ?? "" },
      "Give the text or the value, not both.",
    );
  }
  return inputsError(
    `A text needs an input that takes token ids, and the reference has none. Its inputs: ${describeSignatures(signatures)}.`,
    {},
    "Give the inputs by value or from a file: --input NAME=inputs.npz",
  );
}

/** The token-id inputs with the largest table. */
function textInputs(signatures: readonly InputSignature[]): InputSignature[] {
  const tokens = signatures.filter((one) => one.role === "token-ids");
  const largest = Math.max(...tokens.map((one) => one.vocabularySize ?? Number.POSITIVE_INFINITY));
  return tokens.filter((one) => (one.vocabularySize ?? Number.POSITIVE_INFINITY) === largest);
}

function idsFor(text: string, target: InputSignature, tokenizer: TextTokenizer): InputTensor {
  const { name, dtype, vocabularySize, contextLength } = target;
  const { ids, tokens } = tokenizer.encode(text);
  const where = { file: tokenizer.source, key: name };
  if (ids.length === 0)
    throw inputsError("An empty text has no tokens.", { key: name }, 'Example: --text "Hello world"');
  if (contextLength !== null && ids.length > contextLength) {
    throw inputsError(
      `The ${labelOf(text)} has ${ids.length} tokens; the model has positions for ${contextLength}.`,
      { key: name },
      "Shorten the text.",
    );
  }
  ids.forEach((id, index) => {
    if (vocabularySize === null || id < vocabularySize) return;
    throw inputsError(
      `Token ${JSON.stringify(tokens[index])} has id ${id}, but the model's embedding table has ${vocabularySize} rows: this vocabulary belongs to another model.`,
      where,
      "Give the folder with the vocabulary that the model was trained with: --vocab DIR",
    );
  });
  const rank = target.shape?.length ?? 2;
  const shape = rank === 1 ? [ids.length] : [1, ids.length];
  if (target.shape !== null && rank === 2 && (target.shape[1] ?? ids.length) !== ids.length) {
    throw inputsError(
      `The graph takes exactly ${target.shape[1]} tokens (${name} ${describeShape(target.shape)}); the ${labelOf(text)} has ${ids.length}.`,
      { key: name },
      `Give padded ids yourself: --input ${name}=ids.npz`,
    );
  }
  return fitTensor({ name, dtype, shape, data: encodeElements(dtype, shape, (index) => ids[index] ?? 0) }, target, {});
}

function fillBeside(
  signature: InputSignature,
  signatures: readonly InputSignature[],
  fixed: readonly InputTensor[],
  seed: number,
  caseId: string,
): InputTensor {
  const { name, dtype } = signature;
  const plan = { batch: 1, length: 1, sizeOfAxis: () => 8 };
  const shape = resolveShape(signature, signatures, fixed, plan) ?? (isSwitch(signature) ? [] : null);
  if (shape === null) {
    throw inputsError(
      `The graph does not say how many dimensions input ${name} has.`,
      { key: name },
      `Give it: --input ${name}=1.0`,
    );
  }
  if (signature.role === "token-ids") return { name, dtype, shape, data: encodeElements(dtype, shape, () => 0) };
  const steps = sequenceLength(
    signatures,
    signatures.map((one) => fixed.find((tensor) => tensor.name === one.name)?.shape ?? []),
  );
  return fillInput(signature, shape, randomFor(seed, caseId, name), steps);
}

function labelOf(text: string): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const characters = [...line];
  return `text: ${characters.length <= LABEL_CHARACTERS ? line : `${characters.slice(0, LABEL_CHARACTERS).join("")}…`}`;
}
