import { getFloat16, setFloat16 } from "@petamoriken/float16";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BFLOAT16, decodeSmallFloat, encodeSmallFloat, FLOAT16 } from "../../src/inputs/small-float.js";

const view = new DataView(new ArrayBuffer(4));

describe("float16 and bfloat16 inputs", () => {
  it("reads all 65,536 float16 patterns as the float16 package does, and writes them back", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      view.setUint16(0, bits, true);
      const expected = getFloat16(view, 0, true);
      const number = decodeSmallFloat(bits, FLOAT16);
      if (Object.is(number, expected) && (Number.isNaN(number) || encodeSmallFloat(number, FLOAT16) === bits)) continue;
      throw new Error(`pattern ${bits}: ${number}, expected ${expected}`);
    }
  });

  it("rounds any number to float16 as the float16 package does", () => {
    const numbers = fc.oneof(
      fc.double(),
      fc.double({ min: -70_000, max: 70_000 }),
      fc.double({ min: -1e-4, max: 1e-4 }),
    );
    fc.assert(
      fc.property(numbers, (number) => {
        setFloat16(view, 0, number, true);
        const expected = view.getUint16(0, true);
        const bits = encodeSmallFloat(number, FLOAT16);
        return Number.isNaN(number) ? Number.isNaN(decodeSmallFloat(bits, FLOAT16)) : bits === expected;
      }),
      { numRuns: 5000 },
    );
  });

  it("reads every bfloat16 pattern as the upper half of a float32, and writes it back", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      view.setUint32(0, bits * 65_536, true);
      const expected = view.getFloat32(0, true);
      const number = decodeSmallFloat(bits, BFLOAT16);
      if (Object.is(number, expected) && (Number.isNaN(number) || encodeSmallFloat(number, BFLOAT16) === bits))
        continue;
      throw new Error(`pattern ${bits}: ${number}, expected ${expected}`);
    }
  });

  it("rounds ties to even and overflow to infinity in bfloat16", () => {
    const round = (value: number) => decodeSmallFloat(encodeSmallFloat(value, BFLOAT16), BFLOAT16);
    expect(round(1 + 2 ** -8)).toBe(1);
    expect(round(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
    expect(round(1e39)).toBe(Number.POSITIVE_INFINITY);
    expect(round(-1e39)).toBe(Number.NEGATIVE_INFINITY);
  });
});
