import { accumulatedError, localError, relativeFloor, relativeLimit } from "../../../pair-error.js";
import type { PairResult } from "../../../types.js";
import { powerOfTen } from "../chart/power-of-ten.js";

/** What the ladder draws of one pair, all in units of the reference's rms. */
export interface Rung {
  readonly pair: PairResult;
  readonly local: number | null;
  readonly accumulated: number | null;
  readonly floor: number | null;
  readonly limit: number | null;
}

/** The figures of one pair for the ladder. */
export function toRung(pair: PairResult): Rung {
  return {
    pair,
    local: localError(pair),
    accumulated: accumulatedError(pair),
    floor: relativeFloor(pair),
    limit: relativeLimit(pair),
  };
}

export interface Tick {
  readonly x: number;
  readonly label: string;
}

/** A logarithmic axis with a place of its own for zero on the left and for infinite errors on the right. */
export interface ErrorAxis {
  readonly left: number;
  readonly right: number;
  readonly ticks: readonly Tick[];
  /** Pixel of an error ≥ 0; NaN stands with infinity. */
  place(error: number): number;
}

/** Pixels kept free for the zero and infinity columns and so that no mark is cut at an edge. */
const MARGIN = 14;
const COLUMN = 30;
/** A smaller span would show differences within the noise as if they mattered. */
const FEWEST_DECADES = 4;
/** Labels nearer than this run into each other. */
const LABEL_PIXELS = 44;

/** The axis on which every figure of the rungs has a place, `width` pixels wide. */
export function createErrorAxis(rungs: readonly Rung[], width: number): ErrorAxis {
  const values = rungs.flatMap((rung) => [rung.local, rung.accumulated, rung.floor, rung.limit]);
  const drawn = values.filter((value) => value !== null);
  const finite = drawn.filter((value) => value > 0 && Number.isFinite(value));
  const logs = finite.map((value) => Math.log10(value));
  const low = Math.floor(logs.reduce((least, log) => Math.min(least, log), logs.length === 0 ? -8 : 0));
  const most = Math.ceil(logs.reduce((most, log) => Math.max(most, log), low));
  const high = Math.max(most, low + FEWEST_DECADES);
  const hasZero = drawn.some((value) => value === 0);
  const hasInfinite = drawn.some((value) => !Number.isFinite(value));
  const left = MARGIN + (hasZero ? COLUMN : 0);
  const right = Math.max(left + 1, width - MARGIN - (hasInfinite ? COLUMN : 0));
  const perDecade = (right - left) / (high - low);
  const step = Math.max(1, Math.ceil(LABEL_PIXELS / perDecade));
  const ticks: Tick[] = [];
  if (hasZero) ticks.push({ x: MARGIN, label: "0" });
  for (let decade = low; decade <= high; decade += step) {
    ticks.push({ x: left + (decade - low) * perDecade, label: powerOfTen(decade) });
  }
  if (hasInfinite) ticks.push({ x: width - MARGIN, label: "∞" });
  return {
    left,
    right,
    ticks,
    place(error) {
      if (error === 0) return MARGIN;
      if (!Number.isFinite(error)) return width - MARGIN;
      return left + (Math.log10(error) - low) * perDecade;
    },
  };
}
