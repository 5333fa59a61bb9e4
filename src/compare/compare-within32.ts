import type { LazyTensor } from "../formats/types.js";
import { readBlocks } from "./block-reader.js";
import type { Totals } from "./totals.js";
import { noteDistances } from "./twin.js";
import type { Bounds } from "./types.js";
import { fillDistances, ulpUnit } from "./ulp.js";
import type { WasmKernel } from "./wasm-kernel.js";

/**
 * The pass through the kernel, for dtypes whose values are all float32 values. float32 is read straight into the kernel's
 * memory, other dtypes are decoded into it. The kernel counts ULP in float32; where another unit is due they are counted here.
 */
export function compareWithin32(
  kernel: WasmKernel,
  reference: LazyTensor,
  candidate: LazyTensor,
  count: number,
  bounds: Bounds | undefined,
): Totals {
  const blockLength = kernel.reference.length;
  const referenceReader = readBlocks(reference, blockLength);
  const candidateReader = readBlocks(candidate, blockLength);
  const unit = ulpUnit(reference.dtype, candidate.dtype);
  const distances = unit === "float32" ? null : distanceCounter(kernel, unit);
  kernel.start(bounds);
  for (let first = 0; first < count; first += blockLength) {
    const length = Math.min(blockLength, count - first);
    referenceReader.read(first, length, kernel.reference);
    candidateReader.read(first, length, kernel.candidate);
    kernel.compareBlock(length);
    distances?.add(length);
  }
  const totals = kernel.totals();
  if (distances === null) return totals;
  return { ...totals, ...distances.result };
}

type UlpFigures = Pick<Totals, "ulpMax" | "ulpHistogram">;

interface DistanceCounter {
  readonly result: UlpFigures;
  add(length: number): void;
}

function distanceCounter(kernel: WasmKernel, unit: ReturnType<typeof ulpUnit>): DistanceCounter {
  const result = { ulpMax: 0, ulpHistogram: new Float64Array(kernel.totals().ulpHistogram.length) };
  const error = new Float64Array(kernel.reference.length);
  const distance = new Float64Array(kernel.reference.length);
  return {
    result,
    add(length) {
      const { reference, candidate } = kernel;
      if (unit === "difference") {
        for (let i = 0; i < length; i++) error[i] = (candidate[i] ?? 0) - (reference[i] ?? 0);
      }
      fillDistances(unit, reference, candidate, error, length, distance);
      noteDistances(result, distance, length);
    },
  };
}
