import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import { fitsFloat32, isNumeric } from "./decode.js";
import type { Sketch } from "./sketch-figures.js";
import { sketchPlain } from "./sketch-plain.js";
import { loadKernel, type WasmKernel } from "./wasm-kernel.js";

export type { Sketch };

const PLAIN_BLOCK = 16384;

/**
 * The sketch of a tensor, in one pass of constant memory. Two orders of the same values differ in the sums by less than
 * 10⁻¹² of Σx², Σ|x|³ and √(n·Σx²) respectively, because chunks are short and their sums are added with compensation;
 * everything else is exact. Sums that leave float64 (values beyond 10¹⁰²) become Infinity.
 *
 * @throws ParityError INPUTS_INVALID for strings and complex numbers
 */
export function sketchTensor(tensor: LazyTensor): Sketch {
  if (!isNumeric(tensor.dtype)) {
    throw new ParityError("INPUTS_INVALID", `${tensor.name} is a ${tensor.dtype} tensor: it has no moments`, {
      where: { file: tensor.location.file, key: tensor.name },
      hint: "Leave it out of the search by values.",
    });
  }
  const kernel = loadKernel();
  if (kernel !== null && fitsFloat32(tensor.dtype)) return sketchWithin32(kernel, tensor);
  return sketchPlain(tensor, PLAIN_BLOCK);
}

/** How far the sums of equal sets of values may lie apart; see sketchTensor. */
const SAME_VALUES = 1e-12;

/**
 * Whether two tensors may hold the same values in another order: all counts, minimum and maximum are equal, and the sums
 * agree to `tolerance` of their own natural scale (Σx², Σ|x|³; for Σx, which may cancel to nothing, √(n·Σx²) ≥ Σ|x|).
 * Tensors that differ in one value by more than that are told apart; constant tensors (all ones, all zeros) all match.
 *
 * @param tolerance relative; raise it (10⁻³ for float16) where one side went through a coarser dtype: then minimum and
 *   maximum are held to it too, and zeros, which rounding may make, are not looked at
 */
export function sketchesMatch(a: Sketch, b: Sketch, tolerance: number = SAME_VALUES): boolean {
  if (a.count !== b.count) return false;
  for (const kind of ["nan", "positiveInfinity", "negativeInfinity"] as const) {
    if (a.nonFinite[kind] !== b.nonFinite[kind]) return false;
  }
  const near = (x: number, y: number, scale: number): boolean => x === y || Math.abs(x - y) <= tolerance * scale;
  const largest = tolerance > SAME_VALUES ? Math.max(Math.abs(a.min), Math.abs(a.max)) : 0;
  if (tolerance <= SAME_VALUES && a.zeros !== b.zeros) return false;
  return (
    near(a.min, b.min, largest) &&
    near(a.max, b.max, largest) &&
    near(a.sum, b.sum, Math.sqrt(a.count * a.sumSquares)) &&
    near(a.sumSquares, b.sumSquares, a.sumSquares) &&
    near(a.sumCubes, b.sumCubes, a.sumCubes)
  );
}

function sketchWithin32(kernel: WasmKernel, tensor: LazyTensor): Sketch {
  const count = elementCount(tensor.shape);
  const reader = readBlocks(tensor, kernel.reference.length);
  kernel.startSketch();
  for (let first = 0; first < count; first += kernel.reference.length) {
    const length = Math.min(kernel.reference.length, count - first);
    reader.read(first, length, kernel.reference);
    kernel.sketchBlock(length);
  }
  return kernel.sketch();
}
