import { elementCount } from "../formats/dtype.js";
import { NOISE_FACTORS } from "../judge/judge-pair.js";
import type { TwoSides } from "./compare-pairs.js";
import type { Judged, JudgedPair } from "./judge-pairs.js";
import { isQuiet } from "./laboratory.js";

/** Beyond this many elements a case is too slow to try much in. */
const HANDY = 2_000_000;

/**
 * The case in which experiments are made: a failing one, small, but with as few axes of size 1 as can be had, for in a
 * batch of one sequence of one token half of all repairs do the same.
 */
export function handiestFailingCase(one: JudgedPair, two: TwoSides, judged: Judged): string {
  const shapes = two.candidateTaps.get(one.pair.candidate)?.shapes ?? {};
  const entries = one.local.length > 0 ? one.local : one.accumulated;
  const failing = entries.filter(({ case: id, metrics }) => {
    const floor = judged.floors.get(one.pair.candidate)?.get(id);
    return !isQuiet(metrics, floor, NOISE_FACTORS.mismatch);
  });
  const among = failing.length > 0 ? failing : entries;
  const rank = (id: string): number => rankShape(shapes[id] ?? []);
  return [...among].sort((a, b) => rank(a.case) - rank(b.case))[0]?.case ?? "";
}

/** How unhandy a case is in which a tensor has this shape; the smallest is the handiest. */
export function rankShape(shape: readonly number[]): number {
  const size = elementCount(shape);
  const ones = shape.filter((length) => length === 1).length;
  return size > HANDY ? size : ones * HANDY * 1e-3 + size / HANDY;
}
