import type { RunWalker } from "./walk-runs.js";

/** The largest error of each plane, and where it is. */
export class PlaneRanking {
  private readonly errors: Float64Array;
  private readonly at: Float64Array;

  constructor(
    private readonly walker: RunWalker,
    planes: number,
  ) {
    this.errors = new Float64Array(planes);
    this.at = new Float64Array(planes).fill(-1);
  }

  add(errors: Float64Array, first: number, length: number): void {
    const isInner = this.walker.inner === "plane";
    this.walker.walk(first, length, (from, to, plane) => {
      if (isInner) for (let i = from; i < to; i++) this.see(plane + i - from, errors[i] ?? 0, first + i);
      else {
        let largest = 0;
        let where = -1;
        for (let i = from; i < to; i++) {
          const error = errors[i] ?? 0;
          if (error > largest) {
            largest = error;
            where = i;
          }
        }
        if (where >= 0) this.see(plane, largest, first + where);
      }
    });
  }

  private see(plane: number, error: number, at: number): void {
    if (!(error > (this.errors[plane] ?? 0))) return;
    this.errors[plane] = error;
    this.at[plane] = at;
  }

  /**
   * The planes with the largest errors, worst first; of planes alike that with the first such element. `worst` is its flat
   * index, null without an error.
   */
  finish(limit: number): { readonly plane: number; readonly worst: number | null }[] {
    return Array.from(this.errors, (error, plane) => ({ plane, error, at: this.at[plane] ?? -1 }))
      .sort((a, b) => (a.error === b.error ? a.at - b.at || a.plane - b.plane : b.error - a.error))
      .slice(0, limit)
      .map(({ plane, at }) => ({ plane, worst: at < 0 ? null : at }));
  }
}
