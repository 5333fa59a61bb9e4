import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32c, maskCrc, unmaskCrc } from "../../src/formats/crc32c.js";

/** The polynomial division itself, bit by bit. */
function divide(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  test("gives the values of RFC 3720, without which every checkpoint would seem damaged", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113fdb5c);
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  test("agrees with bitwise division for any length, alignment and split into blocks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.nat(200), (bytes, shift, split) => {
        const buffer = new Uint8Array(shift + bytes.length);
        buffer.set(bytes, shift);
        const view = buffer.subarray(shift);
        expect(crc32c(view)).toBe(divide(bytes));
        expect(crc32c(view.subarray(split), crc32c(view.subarray(0, split)))).toBe(divide(bytes));
      }),
    );
  });

  test("masks as LevelDB does, and back", () => {
    expect(maskCrc(0)).toBe(0xa282ead8);
    expect(maskCrc(0xe3069283)).toBe((((0xe3069283 >>> 15) | (0xe3069283 << 17)) + 0xa282ead8) >>> 0);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (crc) => {
        expect(unmaskCrc(maskCrc(crc))).toBe(crc);
      }),
    );
  });
});
