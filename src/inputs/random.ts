import { createHash } from "node:crypto";

/**
 * The seeded generator behind all generated inputs. It must give the same bytes on every machine and in every release,
 * because a golden is only valid for the inputs that it was made from. So it uses 32-bit integer arithmetic and exact
 * additions only: no `Math.log` or `Math.cos`, whose last bit changes between releases of the engine.
 *
 * Algorithm: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018).
 */
export class Random {
  readonly #state: Uint32Array;

  /** Four 32-bit words, not all of them zero. */
  constructor(state: readonly [number, number, number, number]) {
    this.#state = Uint32Array.from(state);
  }

  /** A uniform integer of 32 bits. */
  nextUint32(): number {
    const state = this.#state;
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = state;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const third = s2 ^ s0;
    const fourth = s3 ^ s1;
    state[0] = s0 ^ fourth;
    state[1] = s1 ^ third;
    state[2] = third ^ (s1 << 9);
    state[3] = rotateLeft(fourth, 11);
    return result;
  }

  /** A uniform integer in [0, bound), without bias: draws in the incomplete last stretch of 2³² are thrown away. */
  nextBelow(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let drawn = this.nextUint32();
    while (drawn >= limit) drawn = this.nextUint32();
    return drawn % bound;
  }

  /**
   * A draw from N(0, 1) as the sum of twelve uniforms less six (Irwin–Hall): mean 0 and variance exactly 1 − 2⁻⁶⁴, distance
   * from the normal distribution function under 0.003, values within ±6. Every step is exact in float64.
   */
  nextNormal(): number {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += this.nextUint32();
    // Each draw is the lower edge of its cell of width 2⁻³²; half a cell twelve times makes the mean exactly 0.
    return (sum + 6) / 2 ** 32 - 6;
  }
}

/**
 * The stream of one tensor. It depends on the seed and on the labels (case, input) only, so that adding an input or a case
 * leaves the bytes of the others alone. State: the first 16 bytes of sha256 of `seed/label/label…` as four little-endian words.
 */
export function randomFor(seed: number, ...labels: readonly string[]): Random {
  const digest = createHash("sha256")
    .update([String(seed), ...labels].join("/"))
    .digest();
  return new Random([digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)]);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
