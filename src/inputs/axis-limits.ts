/** The sizes that a model allows for one axis of an input: from `least` to `most` (null: any), multiples of `step`. */
export interface AxisLimit {
  readonly least: number;
  readonly most: number | null;
  readonly step: number;
}

/** By input; an input that is not named may have any sizes. */
export type ShapeLimits = ReadonlyMap<string, readonly AxisLimit[]>;

export const NO_LIMITS: ShapeLimits = new Map();

export function allows(limit: AxisLimit, size: number): boolean {
  return size >= limit.least && (limit.most === null || size <= limit.most) && size % limit.step === 0;
}

/** Whether every axis has an allowed size. */
export function fitsLimits(shape: readonly number[], limits: readonly AxisLimit[]): boolean {
  return shape.length === limits.length && limits.every((limit, axis) => allows(limit, shape[axis] ?? 0));
}

/** The allowed size that is nearest to a wanted one; of two that are equally near the smaller. At least 1 where that is allowed. */
export function nearestAllowed(limit: AxisLimit, wanted: number): number {
  const { least, most, step } = limit;
  const first = Math.ceil(Math.max(least, Math.min(1, most ?? 1)) / step) * step;
  const last = most === null ? Number.POSITIVE_INFINITY : Math.floor(most / step) * step;
  const below = Math.floor(wanted / step) * step;
  const near = wanted - below <= step / 2 ? below : below + step;
  return Math.max(first, Math.min(near, last));
}

/** A generated shape with the axes that the original leaves open in sizes that are allowed. */
export function fitOpenAxes(
  shape: readonly number[],
  open: readonly (number | null)[] | null,
  limits: readonly AxisLimit[] | undefined,
): number[] {
  if (limits === undefined || limits.length !== shape.length) return [...shape];
  return shape.map((size, axis) => {
    const limit = limits[axis];
    return limit === undefined || (open !== null && open[axis] !== null) ? size : nearestAllowed(limit, size);
  });
}
