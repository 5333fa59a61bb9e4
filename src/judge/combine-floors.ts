import type { NoiseFloor } from "./types.js";

/** How far one disturbance moved a tensor. */
export interface Movement {
  readonly from: NoiseFloor["from"];
  readonly rms: number;
  readonly max: number;
  /** Relative to the tensor itself (L2). */
  readonly relative: number;
}

/** float32 keeps seven digits; a layer that loses five of them in itself is nowhere known. */
const MOST_LOST = 1e-2;
/** What loses digits is moved by other disturbances, too, if less: by a thousandth at the very least. */
const LEAST_ECHO = 1e-3;

/**
 * The noise floor of a tensor: the furthest that any disturbance moved it. A run in float64 counts only for rounding: where it
 * alone moves the tensor, and by far, it computed something else (random numbers of another precision are other numbers).
 *
 * @returns null where nothing was measured; `strange` when the run in float64 was left out
 */
export function combineFloors(
  movements: readonly Movement[],
): { readonly floor: NoiseFloor; readonly strange: boolean } | null {
  const wide = movements.find((one) => one.from === "float64");
  const others = movements.filter((one) => one !== wide);
  // What a storage in fewer bits took away from the original says nothing about how the port computes.
  const echoes = others.filter((one) => one.from !== "storage");
  const strange =
    wide !== undefined &&
    wide.relative > MOST_LOST &&
    echoes.length > 0 &&
    echoes.every((one) => one.rms < LEAST_ECHO * wide.rms);
  const counted = strange ? others : movements;
  const largest = [...counted].sort((a, b) => b.rms - a.rms)[0];
  if (largest === undefined) return null;
  const max = Math.max(...counted.map((one) => one.max));
  return { floor: { rms: largest.rms, max, from: largest.from }, strange };
}
