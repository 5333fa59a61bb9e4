import { elementCount } from "../formats/dtype.js";
import type { Tap } from "../recording/types.js";
import { channelsFirst } from "./layout-families.js";
import type { LayoutOption } from "./relate-shapes.js";

/** An activation has image or time axes between batch and channels from this rank on. */
const LEAST_RANK = 3;

/**
 * For reference taps [batch, n] the tensor that they are flattened from: the nearest one before with axes between batch
 * and channels whose product is n in every case.
 */
export function findFlattened(reference: readonly Tap[]): ReadonlyMap<Tap, Tap> {
  const found = new Map<Tap, Tap>();
  reference.forEach((tap, i) => {
    const cases = Object.keys(tap.shapes);
    const source = reference
      .slice(0, i)
      .findLast((one) => cases.length > 0 && cases.every((id) => flattens(one.shapes[id] ?? [], tap.shapes[id] ?? [])));
    if (source !== undefined) found.set(tap, source);
  });
  return found;
}

function flattens(from: readonly number[], to: readonly number[]): boolean {
  const [batch, ...rest] = from;
  const moving = rest.slice(0, -1).some((size) => size > 1) && (rest.at(-1) ?? 1) > 1;
  return from.length >= LEAST_RANK && to.length === 2 && to[0] === batch && moving && to[1] === elementCount(rest);
}

/**
 * The layout of a tensor that both sides flatten, each in its own order of axes: split, order the axes channels-first,
 * merge. Null when the two are no such tensors.
 */
export function flattenedOption(reference: Tap, candidate: Tap, source: Tap | undefined): LayoutOption | null {
  const cases = Object.keys(candidate.shapes).filter((id) => reference.shapes[id] !== undefined);
  const first = cases[0];
  const shape = first === undefined ? undefined : source?.shapes[first];
  if (first === undefined || source === undefined || shape === undefined) return null;
  const permute = channelsFirst(shape.length);
  // All but the batch must be the same in all cases: a dense layer behind it allows nothing else.
  const alike = cases.every((id) => {
    const [from, to, own] = [reference.shapes[id], candidate.shapes[id], source.shapes[id]];
    return from?.join() === to?.join() && own?.slice(1).join() === shape.slice(1).join();
  });
  if (permute === null || !alike) return null;
  const layout = { reshapeFirst: shape, permute, reshape: candidate.shapes[first] ?? [] };
  return { family: "flattened", layout, neutral: false };
}
