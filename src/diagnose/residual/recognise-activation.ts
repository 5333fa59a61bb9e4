import {
  ACTIVATIONS,
  type Activation,
  clipped,
  elu,
  hardSigmoid,
  hardSwish,
  IDENTITY,
  leakyRelu,
  swish,
} from "./activations.js";
import { relativeDistance } from "./fit.js";

export interface Recognised {
  readonly activation: Activation;
  /** rms(f(x) − y) / rms(y). */
  readonly misfit: number;
}

/** What float32 rounding leaves between y and f(x). The nearest two functions, gelu's forms, are 1e-4 apart on usual x. */
const SAME_CURVE = 5e-6;
/** Fewer distinct points than this lie on many curves. */
const LEAST_POINTS = 12;

/**
 * The function of x that y is, element by element: one of the library, or one whose slope, alpha or bounds are read off the
 * points. Null when y lies on no such curve, or on too many to tell. The identity is not looked for.
 */
export function recogniseActivation(x: ArrayLike<number>, y: ArrayLike<number>): Recognised | null {
  if (x.length !== y.length || new Set(Array.from(y)).size < LEAST_POINTS || new Set(Array.from(x)).size < LEAST_POINTS)
    return null;
  const misfitOf = (activation: Activation): number =>
    relativeDistance(
      Float64Array.from({ length: x.length }, (_, i) => activation.at(x[i] as number)),
      y,
    );
  if (misfitOf(IDENTITY) < SAME_CURVE) return null;
  let best: Recognised | null = null;
  for (const activation of [...ACTIVATIONS, ...solved(x, y)]) {
    const misfit = misfitOf(activation);
    if (misfit <= SAME_CURVE && (best === null || misfit < best.misfit * 0.5)) best = { activation, misfit };
  }
  return best;
}

/** Functions with a number in them, the number solved from the points. */
function solved(x: ArrayLike<number>, y: ArrayLike<number>): Activation[] {
  const [below, above] = split(x);
  const found: Activation[] = [];
  const slope = median(below.map((i) => (y[i] as number) / (x[i] as number)));
  if (slope !== null && slope !== 0 && slope !== 1) found.push(leakyRelu(round(slope)));
  const alpha = median(below.map((i) => (y[i] as number) / Math.expm1(x[i] as number)));
  if (alpha !== null && alpha > 0) found.push(elu(round(alpha)));
  const beta = median(
    [...below, ...above].map((i) => {
      const share = (y[i] as number) / (x[i] as number);
      return Math.log(share / (1 - share)) / (x[i] as number);
    }),
  );
  if (beta !== null && beta > 0) found.push(swish(round(beta)));
  const gate = median(
    above.flatMap((i) => ((y[i] as number) < 1 ? [((y[i] as number) - 0.5) / (x[i] as number)] : [])),
  );
  if (gate !== null && gate > 0) found.push(hardSigmoid(round(gate)));
  const swishGate = median(
    above.flatMap((i) => {
      const share = (y[i] as number) / (x[i] as number);
      return share < 1 ? [(share - 0.5) / (x[i] as number)] : [];
    }),
  );
  if (swishGate !== null && swishGate > 0) found.push(hardSwish(round(swishGate)));
  const [lower, upper] = [boundary(y, x, -1), boundary(y, x, 1)];
  if (lower !== null || upper !== null) found.push(clipped(lower, upper));
  return found;
}

/** Indices of clearly negative and clearly positive x. */
function split(x: ArrayLike<number>): [number[], number[]] {
  const [below, above]: [number[], number[]] = [[], []];
  for (let i = 0; i < x.length; i++) {
    if ((x[i] as number) < -0.05) below.push(i);
    if ((x[i] as number) > 0.05) above.push(i);
  }
  return [below, above];
}

/** The value at which y stays though x goes on; null when it does not stay. */
function boundary(y: ArrayLike<number>, x: ArrayLike<number>, side: 1 | -1): number | null {
  let extreme = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < y.length; i++) extreme = Math.max(extreme, side * (y[i] as number));
  let beyond = 0;
  for (let i = 0; i < y.length; i++)
    if (side * (y[i] as number) === extreme && side * (x[i] as number) > extreme) beyond++;
  return beyond < 2 ? null : round(side * extreme);
}

function median(values: readonly number[]): number | null {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  return finite.length < 3 ? null : (finite[finite.length >> 1] as number);
}

/** A number read off float32 points is good to some five digits. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
