import { type Sketch, sketchesMatch, sketchTensor } from "../compare/sketch.js";
import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import type { Tap } from "../recording/types.js";
import type { TwoSides } from "./compare-pairs.js";
import { tellingCase } from "./error-under.js";

/** How far sums, minimum and maximum of one quantity may lie apart in two free runs, relative to their own scale. */
const SAME_NUMBERS = 1e-3;

/** Tells whether two taps may hold the same numbers in some order. Each tensor is read once, when it is first asked about. */
export function createAlike(two: TwoSides): (reference: Tap, candidate: Tap) => boolean {
  const known = new Map<string, Sketch | null>();
  const sketchOf = (name: string, tensor: LazyTensor | undefined): Sketch | null => {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    const sketch = tensor === undefined ? null : sketchTensor(tensor);
    known.set(name, sketch);
    return sketch;
  };
  return (reference, candidate) => {
    const id = tellingCase(reference, candidate);
    if (id === undefined || reference.tensor === null) return false;
    if (elementCount(reference.shapes[id] ?? []) !== elementCount(candidate.shapes[id] ?? [])) return false;
    const own = sketchOf(`candidate ${candidate.id}`, two.candidate.tensor(id, candidate.id));
    const other = sketchOf(`reference ${reference.tensor}`, two.reference.tensor(id, reference.tensor));
    // One number over and over is found in many tensors.
    if (own === null || other === null || own.min === own.max) return false;
    return sketchesMatch(other, own, SAME_NUMBERS + two.reference.lossOf(id, reference.tensor));
  };
}
