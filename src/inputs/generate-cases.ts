import { fitOpenAxes, type ShapeLimits } from "./axis-limits.js";
import { resolveShape, type SizePlan, sequenceLength } from "./axis-sizes.js";
import { fillInput, isSwitch } from "./fill-input.js";
import { describeSignatures, inputsError } from "./inputs-error.js";
import { randomFor } from "./random.js";
import type { Case, InputSignature, InputTensor } from "./types.js";

export interface GenerateOptions {
  readonly seed: number;
  /** Inputs that are not to be generated, by name; they also fix the open sizes that they share with others. */
  readonly given?: readonly InputTensor[];
  /** Sizes that the candidate allows: open axes get the nearest of them. */
  readonly limits?: ShapeLimits;
}

/** Length of the long case where the graph does not tell how many positions the model has. */
const UNKNOWN_CONTEXT = 32;

/**
 * Sizes of open axes that are neither batch nor sequence. One even and one odd, swapped between the two cases, because
 * padding, striding and pooling faults show only at one parity, and unequal, because a swap of height and width hides in a square.
 * Images get the larger pair: five halvings of 32 still leave a pixel.
 */
const PLAIN_SIZES = [8, 9] as const;
const IMAGE_SIZES = [32, 33] as const;
const IMAGE_RANK = 4;

/**
 * Cases from what the graph says about its inputs. With token ids: 1×1, 3×7, and 1×the context length. Otherwise batch 1 and
 * batch 3. Plans that come to the same shapes, because the graph fixes them, make one case. The same seed and signatures give
 * the same bytes for ever.
 */
export function generateCases(signatures: readonly InputSignature[], options: GenerateOptions): Case[] {
  if (signatures.length === 0) throw inputsError("The reference has no inputs, so there is nothing to vary.", {});
  const given = options.given ?? [];
  const cases: Case[] = [];
  const seen = new Set<string>();
  for (const plan of plansFor(signatures)) {
    const shapes = signatures.map(
      (one) =>
        given.find(({ name }) => name === one.name)?.shape ??
        fitOpenAxes(shapeFor(one, signatures, given, plan), one.shape, options.limits?.get(one.name)),
    );
    const key = JSON.stringify(shapes);
    if (seen.has(key)) continue;
    seen.add(key);
    const id = `c${cases.length}`;
    const steps = sequenceLength(signatures, shapes);
    const inputs = signatures.map((signature, index) => {
      const kept = given.find(({ name }) => name === signature.name);
      return kept ?? fillInput(signature, shapes[index] ?? [], randomFor(options.seed, id, signature.name), steps);
    });
    cases.push({ id, label: labelOf(signatures, inputs, given), inputs });
  }
  return cases;
}

function plansFor(signatures: readonly InputSignature[]): SizePlan[] {
  const tokens = signatures.filter((one) => one.role === "token-ids");
  const limits = tokens.flatMap((one) => (one.contextLength === null ? [] : [one.contextLength]));
  const long = limits.length === 0 ? UNKNOWN_CONTEXT : Math.min(...limits);
  const isImage = signatures.some((one) => (one.shape?.length ?? 0) >= IMAGE_RANK);
  const [even, odd] = isImage ? IMAGE_SIZES : PLAIN_SIZES;
  const evenFirst = (axis: number) => (axis % 2 === 1 ? even : odd);
  const oddFirst = (axis: number) => (axis % 2 === 1 ? odd : even);
  if (tokens.length === 0) {
    return [
      { batch: 1, length: 1, sizeOfAxis: evenFirst },
      { batch: 3, length: 1, sizeOfAxis: oddFirst },
    ];
  }
  return [
    { batch: 1, length: 1, sizeOfAxis: evenFirst },
    { batch: 3, length: Math.min(7, long), sizeOfAxis: oddFirst },
    { batch: 1, length: long, sizeOfAxis: evenFirst },
  ];
}

function shapeFor(
  signature: InputSignature,
  signatures: readonly InputSignature[],
  given: readonly InputTensor[],
  plan: SizePlan,
): number[] {
  if (signature.shape === null && isSwitch(signature)) return [];
  const shape = resolveShape(signature, signatures, given, plan);
  if (shape !== null) return shape;
  const { name } = signature;
  throw inputsError(
    `The graph does not say how many dimensions input ${name} has, so no values can be made for it (inputs: ${describeSignatures(signatures)}).`,
    { key: name },
    `Give it: --input ${name}=1.0 for a scalar, --input ${name}=normal:1x8 for an array.`,
  );
}

/** "batch 3, length 7" where the model takes token ids, else the shape of the first generated input that has one. */
function labelOf(
  signatures: readonly InputSignature[],
  inputs: readonly InputTensor[],
  given: readonly InputTensor[],
): string {
  const made = inputs.filter((one) => !given.includes(one));
  if (made.length === 0) return "given values";
  const tokens = inputs.find((one) => signatures.some(({ name, role }) => name === one.name && role === "token-ids"));
  if (tokens !== undefined) {
    const length = tokens.shape.at(-1) ?? 1;
    return tokens.shape.length < 2 ? `length ${length}` : `batch ${tokens.shape[0] ?? 1}, length ${length}`;
  }
  const main = made.find((one) => one.shape.length > 0);
  return main === undefined ? "scalars" : `${main.name} ${main.shape.join("×")}`;
}
