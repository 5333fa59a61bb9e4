import type { DetailKernel } from "../detail-kernel.js";
import type { Numbers } from "./fill-differences.js";
import type { ErrorScatter } from "./types.js";

/** Powers of ten that normal float32 numbers reach: 1.2e-38 to 3.4e38. */
const FIRST_DECADE = -38;
const LAST_DECADE = 38;
/** Slot 0 holds zero and what is smaller; the last one what is not finite, which is not shown. */
const SLOTS = LAST_DECADE - FIRST_DECADE + 3;

/**
 * Slot of a float32 number by its bits: by the exponent that of the smallest number with it, and the number from which on it
 * is one more. No exponent spans two powers of ten.
 */
const { SLOT_OF_EXPONENT, NEXT_FROM } = (() => {
  const slots = new Int32Array(256);
  const next = new Int32Array(256).fill(0x7fffffff);
  const bits = new Int32Array(new Float32Array(1).buffer);
  const value = new Float32Array(bits.buffer);
  const powers = Array.from({ length: LAST_DECADE - FIRST_DECADE + 2 }, (_, i) => Number(`1e${i + FIRST_DECADE}`));
  for (let exponent = 1; exponent < 255; exponent++) {
    const smallest = 2 ** (exponent - 127);
    slots[exponent] = powers.filter((power) => power <= smallest).length;
    const upper = powers.find((power) => power > smallest && power < 2 * smallest);
    if (upper === undefined) continue;
    value[0] = upper;
    // The power itself is no float32 number: the first one that is not below it.
    next[exponent] = (bits[0] ?? 0) + ((value[0] ?? 0) < upper ? 1 : 0);
  }
  slots[255] = SLOTS - 1;
  return { SLOT_OF_EXPONENT: slots, NEXT_FROM: next };
})();

function slotOf(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  const exponent = magnitude >>> 23;
  return (SLOT_OF_EXPONENT[exponent] ?? 0) + (magnitude >= (NEXT_FROM[exponent] ?? 0) ? 1 : 0);
}

/**
 * Counts elements by the powers of ten of |reference| and |error|, both rounded to float32. An element whose reference or error
 * is not finite there is not counted.
 */
export class ScatterCounter {
  private readonly counts = new Float64Array(SLOTS * SLOTS);
  private readonly values: Float32Array;
  private readonly errors: Float32Array;

  /** @param kernel where reference and errors are its own block */
  constructor(
    blockLength: number,
    private readonly kernel: DetailKernel | null = null,
  ) {
    kernel?.scatterCounts.fill(0);
    kernel?.slotOfExponent.set(SLOT_OF_EXPONENT);
    kernel?.nextFrom.set(NEXT_FROM);
    this.values = new Float32Array(blockLength);
    this.errors = new Float32Array(blockLength);
  }

  /** @param finite whether all of both sides is known to be finite */
  add(reference: Numbers, errors: Float64Array, length: number, finite: boolean): void {
    if (this.kernel !== null && finite) {
      this.kernel.countScatter(length);
      return;
    }
    this.values.set(reference.subarray(0, length));
    this.errors.set(errors.subarray(0, length));
    const { counts } = this;
    const r = new Int32Array(this.values.buffer);
    const e = new Int32Array(this.errors.buffer);
    for (let i = 0; i < length; i++) {
      const slot = slotOf(e[i] ?? 0) * SLOTS + slotOf(r[i] ?? 0);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
  }

  /** @param decades at most so many columns and rows, the largest ones */
  finish(decades: number): ErrorScatter {
    const columns = new Uint8Array(SLOTS);
    const rows = new Uint8Array(SLOTS);
    this.eachCount((row, column) => {
      rows[row] = 1;
      columns[column] = 1;
    });
    const across = windowOf(columns, decades);
    const up = windowOf(rows, decades);
    const counts: number[] = new Array(across.length * up.length).fill(0);
    this.eachCount((row, column, count) => {
      const at = Math.max(0, row - up.first) * across.length + Math.max(0, column - across.first);
      counts[at] = (counts[at] ?? 0) + count;
    });
    return { magnitude: edgesOf(across), error: edgesOf(up), counts };
  }

  /** Goes through what was counted, but for what is not finite: the last row and column. */
  private eachCount(see: (row: number, column: number, count: number) => void): void {
    for (let row = 0; row < SLOTS - 1; row++)
      for (let column = 0; column < SLOTS - 1; column++) {
        const at = row * SLOTS + column;
        const count = (this.counts[at] ?? 0) + (this.kernel?.scatterCounts[at] ?? 0);
        if (count > 0) see(row, column, count);
      }
  }
}

interface DecadeWindow {
  readonly first: number;
  readonly length: number;
}

/** The last `decades` of the slots that hold something; one slot where there is nothing but zeros. */
function windowOf(seen: Uint8Array, decades: number): DecadeWindow {
  const from = seen.indexOf(1, 1);
  const last = from === -1 ? 1 - FIRST_DECADE : seen.lastIndexOf(1);
  const first = Math.max(from === -1 ? last : from, last - decades + 1);
  return { first, length: last - first + 1 };
}

function edgesOf({ first, length }: DecadeWindow): number[] {
  return Array.from({ length: length + 1 }, (_, i) => first - 1 + FIRST_DECADE + i);
}
