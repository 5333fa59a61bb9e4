import { readFileSync } from "node:fs";
import { type DetailExports, type DetailKernel, makeDetailKernel } from "./detail-kernel.js";
import { rangeOf, type Sketch } from "./sketch-figures.js";
import type { Peak, Totals } from "./totals.js";
import type { Bounds } from "./types.js";

/** The figures' places in the kernel's state, in float64 slots: the order of kernel/memory.ts. */
const SLOT = {
  seen: 0,
  sumAbs: 1,
  sumSquares: 2,
  sumReference: 3,
  sumCandidate: 4,
  sumProducts: 5,
  maxAbs: 6,
  maxRel: 10,
  tolerance: 14,
  maxReference: 15,
  over: 16,
  excluded: 17,
  nonFiniteReference: 18,
  nonFiniteCandidate: 21,
  mismatches: 24,
  firstMismatch: 25,
  ulpMax: 26,
} as const;
const STATE_SLOTS = 64;
const LANES = 4;

// What is used of the WebAssembly API: neither the ES2023 library nor Node's types declare it.
declare const WebAssembly: {
  Module: new (binary: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { readonly exports: object };
};

interface Constant {
  readonly value: number;
}

interface KernelExports extends DetailExports {
  readonly STATE: Constant;
  readonly SKETCH_SEEN: Constant;
  readonly HISTOGRAM: Constant;
  readonly BLOCK: Constant;
  readonly BINS: Constant;
  start(atol: number, rtol: number, hasBounds: number): void;
  compareBlock(count: number): void;
  startSketch(): void;
  sketchBlock(count: number): void;
}

/** The compiled kernel: blocks are written to `reference` and `candidate`, which lie in its own memory. */
export interface WasmKernel {
  readonly reference: Float32Array;
  readonly candidate: Float32Array;
  start(bounds: Bounds | undefined): void;
  compareBlock(count: number): void;
  totals(): Totals;
  startSketch(): void;
  /** Takes the first `count` elements of `reference`, which may be overwritten. */
  sketchBlock(count: number): void;
  sketch(): Sketch;
  /** The loops for what is shown of a layer, in the same memory. */
  readonly detail: DetailKernel;
}

/** Beside this file where the package is installed; in dist/ where the sources are run. */
const PLACES = ["./kernel.wasm", "../../dist/compare/kernel.wasm"];

let loaded: WasmKernel | null | undefined;

/** The kernel, or null where it was not built: the twin then gives the same figures, slower. */
export function loadKernel(): WasmKernel | null {
  if (loaded === undefined) loaded = findKernel();
  return loaded;
}

function findKernel(): WasmKernel | null {
  for (const place of PLACES) {
    let binary: Uint8Array<ArrayBuffer>;
    try {
      binary = readFileSync(new URL(place, import.meta.url));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") continue;
      throw error;
    }
    return startKernel(binary);
  }
  return null;
}

function startKernel(binary: Uint8Array<ArrayBuffer>): WasmKernel {
  // The module is our own build (scripts/build-kernel.mjs), whose exports are those of kernel/index.ts.
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as unknown as KernelExports;
  const buffer = kernel.memory.buffer;
  const block = kernel.BLOCK.value;
  const bins = kernel.BINS.value;
  const state = new Float64Array(buffer, kernel.STATE.value, STATE_SLOTS);
  const histogram = new Uint32Array(buffer, kernel.HISTOGRAM.value, LANES * bins);
  return {
    reference: new Float32Array(buffer, kernel.REFERENCE.value, block),
    candidate: new Float32Array(buffer, kernel.CANDIDATE.value, block),
    start: (bounds) => kernel.start(bounds?.atol ?? 0, bounds?.rtol ?? 0, bounds === undefined ? 0 : 1),
    compareBlock: kernel.compareBlock,
    totals: () => readTotals(state, sumLanes(histogram, bins)),
    startSketch: kernel.startSketch,
    sketchBlock: kernel.sketchBlock,
    sketch: () => readSketch(new Float64Array(buffer, kernel.SKETCH_SEEN.value, 13)),
    detail: makeDetailKernel(kernel),
  };
}

function readTotals(state: Float64Array, ulpHistogram: Float64Array): Totals {
  const at = (slot: number): number => state[slot] ?? 0;
  const peak = (slot: number): Peak | null =>
    at(slot) < 0 ? null : { value: at(slot), at: at(slot + 1), reference: at(slot + 2), candidate: at(slot + 3) };
  const kinds = (slot: number): [number, number, number] => [at(slot), at(slot + 1), at(slot + 2)];
  return {
    seen: at(SLOT.seen),
    excluded: at(SLOT.excluded),
    sumAbs: at(SLOT.sumAbs),
    sumSquares: at(SLOT.sumSquares),
    sumReference: at(SLOT.sumReference),
    sumCandidate: at(SLOT.sumCandidate),
    sumProducts: at(SLOT.sumProducts),
    maxAbs: peak(SLOT.maxAbs),
    maxRel: peak(SLOT.maxRel),
    tolerance: at(SLOT.tolerance),
    maxReference: at(SLOT.maxReference),
    over: at(SLOT.over),
    nonFiniteReference: kinds(SLOT.nonFiniteReference),
    nonFiniteCandidate: kinds(SLOT.nonFiniteCandidate),
    mismatches: at(SLOT.mismatches),
    firstMismatch: at(SLOT.firstMismatch),
    ulpMax: at(SLOT.ulpMax),
    ulpHistogram,
  };
}

/** Slots in the order of kernel/memory.ts; each sum is followed by what its additions rounded away. */
function readSketch(state: Float64Array): Sketch {
  const at = (slot: number): number => state[slot] ?? 0;
  return {
    count: at(0),
    ...rangeOf(at(1), at(2)),
    sum: at(3) + at(4),
    sumSquares: at(5) + at(6),
    sumCubes: at(7) + at(8),
    zeros: at(9),
    nonFinite: { nan: at(10), positiveInfinity: at(11), negativeInfinity: at(12) },
  };
}

/** The kernel keeps one histogram per vector lane, so that neighbours in the same bin do not wait for each other. */
function sumLanes(lanes: Uint32Array, bins: number): Float64Array {
  const sum = new Float64Array(bins);
  lanes.forEach((count, i) => {
    sum[i % bins] = (sum[i % bins] ?? 0) + count;
  });
  // Bin 0 holds what the kernel happened to count of it; nobody needs it.
  sum[0] = 0;
  return sum;
}
