import type { DType } from "../formats/types.js";

const SAFE = 2 ** 53;

function isWide(dtype: DType): boolean {
  return dtype === "int64" || dtype === "uint64";
}

function isWhole(dtype: DType): boolean {
  return dtype.startsWith("int") || dtype.startsWith("uint") || dtype === "bool";
}

/** Whether differences of the two dtypes may need more than float64 to be exact. */
export function needsWideIntegers(reference: DType, candidate: DType): boolean {
  return (isWide(reference) || isWide(candidate)) && isWhole(reference) && isWhole(candidate);
}

/** One side of a block: its raw bytes and the numbers they were decoded to. */
export interface IntegerSide {
  readonly dtype: DType;
  readonly bytes: ArrayBuffer;
  readonly numbers: Float32Array | Float64Array;
}

/**
 * Replaces the errors of elements beyond 2⁵³ on either side, which the decoded numbers only approximate, by the exact
 * difference (rounded to float64 once, at the end).
 */
export function correctWideErrors(
  reference: IntegerSide,
  candidate: IntegerSide,
  length: number,
  error: Float64Array,
): void {
  const referenceAt = reader(reference);
  const candidateAt = reader(candidate);
  for (let i = 0; i < length; i++) {
    if (Math.abs(reference.numbers[i] ?? 0) < SAFE && Math.abs(candidate.numbers[i] ?? 0) < SAFE) continue;
    error[i] = Number(candidateAt(i) - referenceAt(i));
  }
}

function reader(side: IntegerSide): (i: number) => bigint {
  if (side.dtype === "int64") {
    const values = new BigInt64Array(side.bytes);
    return (i) => values[i] ?? 0n;
  }
  if (side.dtype === "uint64") {
    const values = new BigUint64Array(side.bytes);
    return (i) => values[i] ?? 0n;
  }
  return (i) => BigInt(side.numbers[i] ?? 0);
}
