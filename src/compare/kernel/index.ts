// The kernel's entry points. The host writes a block of both sides at REFERENCE and CANDIDATE, calls `compareBlock`, and
// reads the figures from the state when all blocks are through.
import { countOver, measureErrors } from "./errors";
import {
  ATOL,
  BINS,
  CANDIDATE,
  CHUNK,
  HAS_BOUNDS,
  HISTOGRAM,
  MAX_ABS,
  MAX_REL,
  REFERENCE,
  RTOL,
  SCRATCH_CANDIDATE,
  SCRATCH_REFERENCE,
  SEEN,
  STATE,
} from "./memory";
import { copyFinite } from "./non-finite";
import { addTo } from "./slot";
import { allFinite, measureUlp } from "./ulp";

export {
  detailBins,
  detailCells,
  detailErrors,
  detailFigures,
  detailRatios,
  detailRow,
  detailScatter,
} from "./detail";
export {
  BIN_COUNTS,
  CELLS,
  COLUMN_MAX,
  COLUMN_SQUARES,
  COLUMNS,
  DETAIL_BLOCK,
  ERRORS,
  FIGURES,
  NEXT_FROM,
  RELATIVE,
  SCATTER,
  SLOT_OF_EXPONENT,
  ULP,
} from "./detail-memory";
export { BINS, BLOCK, CANDIDATE, HISTOGRAM, REFERENCE, SKETCH_SEEN, STATE } from "./memory";
export { sketchBlock, startSketch } from "./sketch";

/** Begins a comparison. Without bounds nothing is counted as over. */
export function start(atol: f64, rtol: f64, hasBounds: bool): void {
  memory.fill(STATE, 0, 40 * 8);
  memory.fill(HISTOGRAM, 0, 4 * BINS * 4);
  store<f64>(MAX_ABS, -1);
  store<f64>(MAX_REL, -1);
  store<f64>(ATOL, atol);
  store<f64>(RTOL, rtol);
  store<i32>(HAS_BOUNDS, hasBounds ? 1 : 0);
}

/** The first place that counts holds the largest error until a larger one comes. */
function placeFirst(at: i32, base: f64): void {
  store<f64>(MAX_ABS, 0);
  store<f64>(MAX_ABS, base + <f64>at, 8);
  store<f64>(MAX_ABS, <f64>load<f32>(REFERENCE + at * 4), 16);
  store<f64>(MAX_ABS, <f64>load<f32>(CANDIDATE + at * 4), 24);
}

/** Takes the first `count` elements of both blocks into the figures. */
export function compareBlock(count: i32): void {
  const base = load<f64>(SEEN);
  const hasBounds = load<i32>(HAS_BOUNDS) !== 0;
  for (let from = 0; from < count; from += CHUNK) {
    let reference = REFERENCE + from * 4;
    let candidate = CANDIDATE + from * 4;
    const size = min(CHUNK, count - from);
    let firstFinite = 0;
    if ((size & 3) !== 0 || !allFinite(reference, candidate, size * 4)) {
      firstFinite = copyFinite(reference, candidate, size, base + <f64>from);
      reference = SCRATCH_REFERENCE;
      candidate = SCRATCH_CANDIDATE;
    }
    if (firstFinite < 0) continue;
    if (load<f64>(MAX_ABS) < 0) placeFirst(from + firstFinite, base);
    const bytes = ((size + 3) & ~3) * 4;
    measureUlp(reference, candidate, bytes);
    measureErrors(reference, candidate, bytes, base + <f64>from);
    if (hasBounds) countOver(reference, candidate, bytes);
  }
  addTo(SEEN, <f64>count);
}
