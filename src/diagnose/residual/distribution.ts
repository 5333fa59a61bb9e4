import type { TensorValue } from "../situation.js";
import { slicesAlong } from "./constancy.js";

/** How far a sum may be from 1: float32 rounding over long axes. */
const SUM_TOLERANCE = 1e-4;

/** The last axis along which a tensor is a probability distribution: nothing negative, every sum 1. Null when none is. */
export function distributionAxis(value: TensorValue): number | null {
  for (let axis = value.shape.length - 1; axis >= 0; axis--) if (isDistribution(value, axis)) return axis;
  return null;
}

export function isDistribution(value: TensorValue, axis: number): boolean {
  const slices = slicesAlong(value.shape, axis);
  if (slices.length < 2 || value.data.some((x) => !(x >= 0))) return false;
  const count = slices[0]?.length ?? 0;
  for (let at = 0; at < count; at++) {
    let sum = 0;
    for (const slice of slices) sum += value.data[slice[at] ?? 0] ?? Number.NaN;
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) return false;
  }
  return true;
}

/** The log of one: exp of it sums to 1. */
export function isLogDistribution(value: TensorValue): boolean {
  const axis = value.shape.length - 1;
  if (value.data.some((x) => !(x <= 1e-6))) return false;
  return axis >= 0 && isDistribution({ shape: value.shape, data: value.data.map(Math.exp) }, axis);
}

/** All between 0 and 1, both ends left out: what a sigmoid gives. */
export function isBetweenZeroAndOne(value: TensorValue): boolean {
  return value.data.length > 0 && value.data.every((x) => x > 0 && x < 1);
}
