/** How two tensors of equal length, element by element, relate. Pure figures; nothing here knows what they are of. */

/** rms(a − b) / rms(b): 0 when they are equal, Infinity where only b is zero or anything is not finite. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squared = 0;
  let scale = 0;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x === y) {
      if (Number.isFinite(y)) scale += y * y;
      continue;
    }
    squared += (x - y) ** 2;
    scale += y * y;
  }
  if (squared === 0) return 0;
  const distance = Math.sqrt(squared / scale);
  return Number.isFinite(distance) ? distance : Number.POSITIVE_INFINITY;
}

export interface Ratio {
  /** The c that brings c · from nearest to `to`, by least squares. */
  readonly ratio: number;
  /** rms(c · from − to) / rms(to). */
  readonly misfit: number;
}

/** One factor for all elements, by least squares: c = Σ from·to / Σ from². Null when `from` is zero or not finite. */
export function fitRatio(from: ArrayLike<number>, to: ArrayLike<number>): Ratio | null {
  let both = 0;
  let own = 0;
  for (let i = 0; i < to.length; i++) {
    both += (from[i] as number) * (to[i] as number);
    own += (from[i] as number) ** 2;
  }
  const ratio = both / own;
  if (!Number.isFinite(ratio) || ratio === 0) return null;
  const scaled = Float64Array.from({ length: to.length }, (_, i) => ratio * (from[i] as number));
  return { ratio, misfit: relativeDistance(scaled, to) };
}

export interface Affine {
  readonly scale: number;
  readonly shift: number;
  /** rms(scale · from + shift − to) / rms(to − mean of to). */
  readonly misfit: number;
}

/** The line to = scale · from + shift by least squares. Null when `from` is constant or anything is not finite. */
export function fitAffine(from: ArrayLike<number>, to: ArrayLike<number>): Affine | null {
  const n = to.length;
  if (n < 3) return null;
  let [meanFrom, meanTo] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanFrom += (from[i] as number) / n;
    meanTo += (to[i] as number) / n;
  }
  let [both, own, other] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [(from[i] as number) - meanFrom, (to[i] as number) - meanTo];
    both += x * y;
    own += x * x;
    other += y * y;
  }
  const scale = both / own;
  if (!Number.isFinite(scale) || other === 0) return null;
  const shift = meanTo - scale * meanFrom;
  let squared = 0;
  for (let i = 0; i < n; i++) squared += (scale * (from[i] as number) + shift - (to[i] as number)) ** 2;
  return { scale, shift, misfit: Math.sqrt(squared / other) };
}
