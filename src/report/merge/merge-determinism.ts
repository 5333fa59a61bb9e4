import type { CheckResult, Determinism, SideDeterminism } from "../types.js";

/** What all shards saw of both sides repeating themselves; null when none ran them twice. */
export function mergeDeterminism(results: readonly Pick<CheckResult, "determinism">[]): Determinism | null {
  const all = results.flatMap(({ determinism }) => determinism ?? []);
  if (all.length === 0) return null;
  const worst = new Map<string, Determinism["selfNoise"][number]>();
  for (const noise of all.flatMap((one) => one.selfNoise)) {
    const key = `${noise.side} ${noise.pair}`;
    const known = worst.get(key);
    worst.set(key, {
      ...noise,
      rms: Math.max(noise.rms, known?.rms ?? 0),
      max: Math.max(noise.max, known?.max ?? 0),
    });
  }
  return {
    reference: mergeSide(all.map((one) => one.reference)),
    candidate: mergeSide(all.map((one) => one.candidate)),
    selfNoise: [...worst.values()],
  };
}

function mergeSide(sides: readonly SideDeterminism[]): SideDeterminism {
  const random = sides.find((side) => side.first !== null);
  return {
    repeats: sides.every((side) => side.repeats),
    first: random?.first ?? null,
    what: random?.what ?? null,
  };
}
