import { decode, isNumeric } from "../compare/decode.js";
import { elementCount } from "../formats/dtype.js";
import type { Case, InputSignature, InputTensor } from "../inputs/types.js";
import { listNames } from "./list-names.js";

/** Inputs that by their name say which places count. */
const MASK = /mask|(?:^|[^a-z])(?:seq|sequence|input)?_?len(?:gth)?s?(?:[^a-z]|$)/i;

/** What the cases leave out of what the original would take. Sizes that its signature fixes cannot be varied, and are not told. */
export function describeInputCoverage(
  cases: readonly Pick<Case, "inputs">[],
  signatures: readonly Pick<InputSignature, "name" | "shape" | "role">[],
  strided: readonly string[],
): string[] {
  return [
    ...describePadding(cases),
    ...describeParity(cases, signatures, strided),
    ...describeLengths(cases, signatures),
    ...describeBatches(cases),
  ];
}

/** A mask that hides nothing in any case does nothing. */
function describePadding(cases: readonly Pick<Case, "inputs">[]): string[] {
  const masks = new Set(
    cases.flatMap((one) => one.inputs.map((input) => input.name)).filter((name) => MASK.test(name)),
  );
  const idle = [...masks].filter((name) =>
    cases.every((one) => one.inputs.every((input) => input.name !== name || isConstant(input))),
  );
  return idle.length === 0
    ? []
    : [`padded rows: ${listNames(idle)} never hid anything, all values were the same in every case`];
}

function isConstant({ dtype, shape, data }: InputTensor): boolean {
  if (!isNumeric(dtype)) return false;
  const count = elementCount(shape);
  const values = new Float64Array(count);
  decode(dtype, data.slice().buffer, count, values);
  return values.every((value) => value === values[0]);
}

/** Where a stride is larger than 1, SAME padding lies differently at even and at odd sizes. */
function describeParity(
  cases: readonly Pick<Case, "inputs">[],
  signatures: readonly Pick<InputSignature, "name" | "shape" | "role">[],
  strided: readonly string[],
): string[] {
  if (strided.length === 0) return [];
  const spatial = signatures.filter((one) => (one.shape?.length ?? 0) >= 3).map((one) => one.name);
  const sizes = cases.flatMap((one) =>
    one.inputs.filter((input) => spatial.includes(input.name)).flatMap((input) => input.shape.slice(1, -1)),
  );
  if (sizes.length === 0) return [];
  const even = sizes.filter((size) => size % 2 === 0).length;
  if (even > 0 && even < sizes.length) return [];
  const [ran, other] = even > 0 ? ["even", "odd"] : ["odd", "even"];
  const all = [...new Set(sizes)].sort((a, b) => a - b).map(String);
  return [
    `${other} sizes: only ${ran} ones were run (${listNames(all)}), and ${listNames(strided)} with a stride over 1 may be padded differently there`,
  ];
}

function describeLengths(
  cases: readonly Pick<Case, "inputs">[],
  signatures: readonly Pick<InputSignature, "name" | "shape" | "role">[],
): string[] {
  const free = signatures.filter((one) => one.role === "token-ids" || (one.shape !== null && one.shape[1] === null));
  const lengths = new Set(
    cases.flatMap((one) =>
      one.inputs
        .filter((input) => input.shape.length >= 2 && free.some((signature) => signature.name === input.name))
        .map((input) => input.shape[1] ?? 1),
    ),
  );
  if (lengths.size !== 1) return [];
  const [only = 1] = lengths;
  return only === 1
    ? ["later positions: only inputs of length 1 were run, in which masks, recurrence and attention do nothing"]
    : [`other lengths: only inputs of length ${only} were run`];
}

function describeBatches(cases: readonly Pick<Case, "inputs">[]): string[] {
  return cases.some((one) => one.inputs.some((input) => (input.shape[0] ?? 1) > 1))
    ? []
    : ["only batches of one were run"];
}
