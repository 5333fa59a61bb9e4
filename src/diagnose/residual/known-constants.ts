import { toBfloat16 } from "./bfloat16.js";

export interface NamedConstant {
  readonly name: string;
  readonly value: number;
}

/** Relative distance up to which a measured factor is the named one: what float32 rounding leaves of a ratio. */
const SAME_FACTOR = 2e-5;

/**
 * What a factor is called: √d, 1/√d and √d rounded to bfloat16 for the sizes of the tensors at hand, 1/255, 1/127.5, 2, ½.
 * The simplest that fits; null when none does.
 *
 * @param sizes axis sizes that may stand under a root
 */
export function nameConstant(value: number, sizes: readonly number[]): string | null {
  const size = Math.abs(value);
  const found = knownConstants(sizes).find((one) => Math.abs(one.value - size) <= SAME_FACTOR * size);
  return found === undefined ? null : value < 0 ? `−${found.name}` : found.name;
}

/** Factors that conversions get wrong, positive ones. */
export function knownConstants(sizes: readonly number[]): NamedConstant[] {
  const roots = [...new Set(sizes)].filter((size) => size > 1);
  return [
    { name: "1", value: 1 },
    { name: "2", value: 2 },
    { name: "1/2", value: 0.5 },
    { name: "4", value: 4 },
    { name: "1/4", value: 0.25 },
    ...roots.flatMap((d) => [
      { name: `√${d}`, value: Math.sqrt(d) },
      { name: `1/√${d}`, value: 1 / Math.sqrt(d) },
    ]),
    ...roots.flatMap((d) => [
      { name: `√${d} rounded to bfloat16`, value: toBfloat16(Math.sqrt(d)) },
      { name: `1/√${d} rounded to bfloat16`, value: toBfloat16(1 / Math.sqrt(d)) },
    ]),
    { name: "255", value: 255 },
    { name: "1/255", value: 1 / 255 },
    { name: "127.5", value: 127.5 },
    { name: "1/127.5", value: 1 / 127.5 },
    { name: "√2", value: Math.SQRT2 },
    { name: "1/√2", value: Math.SQRT1_2 },
    ...roots.flatMap((d) => [
      { name: `${d}`, value: d },
      { name: `1/${d}`, value: 1 / d },
    ]),
  ];
}
