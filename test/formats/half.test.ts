import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getFloat16, setFloat16 } from "@petamoriken/float16";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bfloat16ToFloat32,
  float8E4m3fnToFloat32,
  float8E5m2ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from "../../src/formats/half.js";
import { runPython } from "../helpers/python.js";
import { makeFolder } from "./expected-tensors.js";

const folder = makeFolder();
beforeAll(async () => {
  await runPython("test/fixtures/formats/make_half.py", [folder.path]);
}, 60_000);
afterAll(() => folder.remove());

const ALL_16 = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const ALL_8 = Uint8Array.from({ length: 256 }, (_, i) => i);

function load(name: string): ArrayBuffer {
  const bytes = readFileSync(join(folder.path, name));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Index of the first pattern whose float32 values differ in bits (any NaN equals any NaN); -1 when none does. */
function firstDifference(actual: Float32Array, expected: Float32Array): number {
  const [a, b] = [actual, expected].map(({ buffer, length }) => new Uint32Array(buffer, 0, length));
  return actual.findIndex((value, i) => a?.[i] !== b?.[i] && !(Number.isNaN(value) && Number.isNaN(expected[i] ?? 0)));
}

describe("widening", () => {
  it.each([
    ["float16", ALL_16, float16ToFloat32, ["float16.bin"]],
    ["bfloat16", ALL_16, bfloat16ToFloat32, ["bfloat16.bin", "bfloat16.torch.bin"]],
    ["float8_e4m3fn", ALL_8, float8E4m3fnToFloat32, ["float8_e4m3fn.bin", "float8_e4m3fn.torch.bin"]],
    ["float8_e5m2", ALL_8, float8E5m2ToFloat32, ["float8_e5m2.bin", "float8_e5m2.torch.bin"]],
  ] as const)("gives every %s the value that numpy, ml_dtypes and torch give it", (_name, bits, convert, oracles) => {
    const out = new Float32Array(bits.length);
    (convert as (bits: Uint16Array | Uint8Array, out: Float32Array) => void)(bits, out);
    for (const oracle of oracles) {
      const expected = new Float32Array(load(oracle));
      expect(expected.length).toBe(bits.length);
      expect([oracle, firstDifference(out, expected)]).toEqual([oracle, -1]);
    }
  });

  it("agrees with the float16 package on all 65 536 patterns", () => {
    const out = new Float32Array(65_536);
    float16ToFloat32(ALL_16, out);
    const view = new DataView(ALL_16.slice().buffer);
    const expected = Float32Array.from(ALL_16, (_, i) => getFloat16(view, 2 * i, true));
    expect(firstDifference(out, expected)).toBe(-1);
  });

  it("keeps NaN payloads, so that identical bits stay identical", () => {
    const out = new Float32Array(65_536);
    const back = new Uint16Array(65_536);
    bfloat16ToFloat32(ALL_16, out);
    expect([...new Uint32Array(out.buffer)].every((word, i) => word === i * 65_536)).toBe(true);
    float16ToFloat32(ALL_16, out);
    float32ToFloat16(out, back);
    const quiet = (bits: number): number => ((bits & 0x7fff) > 0x7c00 ? bits | 0x0200 : bits);
    expect(back.every((bits, i) => bits === quiet(i))).toBe(true);
  });
});

describe("narrowing", () => {
  it.each([
    ["float16", float32ToFloat16, 0x7c00, ["to_float16.bin", "to_float16.torch.bin"]],
    ["bfloat16", float32ToBfloat16, 0x7f80, ["to_bfloat16.bin", "to_bfloat16.torch.bin"]],
  ] as const)(
    "rounds to %s as numpy and torch do, at and around every boundary of every exponent",
    (_name, convert, infinity, oracles) => {
      const values = new Float32Array(load("words.bin"));
      expect(values.length).toBe(65_536 * 12);
      const out = new Uint16Array(values.length);
      convert(values, out);
      const isNan = (bits: number): boolean => (bits & 0x7fff) > infinity;
      for (const oracle of oracles) {
        const expected = new Uint16Array(load(oracle));
        const wrong = out.findIndex((bits, i) => bits !== expected[i] && !(isNan(bits) && isNan(expected[i] ?? 0)));
        expect([oracle, wrong]).toEqual([oracle, -1]);
      }
    },
  );

  it("agrees with the float16 package on float32 numbers near every float16", () => {
    const view = new DataView(new ArrayBuffer(2));
    const base = new Float32Array(65_536);
    float16ToFloat32(ALL_16, base);
    const finite = base.filter(Number.isFinite);
    const values = Float32Array.from([...finite].flatMap((x) => [x, x * 1.000_244, x * 0.999_8, x * 1.000_488_4]));
    const out = new Uint16Array(values.length);
    float32ToFloat16(values, out);
    const wrong = values.findIndex((value, i) => {
      setFloat16(view, 0, value, true);
      return view.getUint16(0, true) !== out[i];
    });
    expect(wrong).toBe(-1);
  }, 30_000);

  it("refuses a target that is too small", () => {
    expect(() => float32ToFloat16(new Float32Array(3), new Uint16Array(2))).toThrow(RangeError);
    expect(() => bfloat16ToFloat32(new Uint16Array(3), new Float32Array(2))).toThrow(RangeError);
  });
});
