import type { TensorSlice } from "./tf-bundle-proto.js";

/**
 * The key under which a bundle stores one slice of a tensor: 0, the name, the number of axes, then start and length of
 * every axis, in an encoding whose byte order is the order of the values (TensorFlow's `OrderedCode` and
 * `checkpoint::EncodeTensorNameSlice`). `name` is the tensor's key as bytes.
 */
export function encodeSliceKey(name: Uint8Array, slice: TensorSlice): Uint8Array {
  const key: number[] = [];
  writeUnsigned(key, 0);
  writeString(key, name);
  writeUnsigned(key, slice.start.length);
  slice.start.forEach((start, axis) => {
    writeSigned(key, start);
    writeSigned(key, slice.length[axis] ?? -1);
  });
  return Uint8Array.from(key);
}

/** A count of bytes, then the value's bytes, largest first; zero has none. */
function writeUnsigned(key: number[], value: number): void {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  key.push(bytes.length, ...bytes);
}

/** 0x00 and 0xff are escaped as 00 ff and ff 00, so that the end mark 00 01 sorts below every longer string. */
function writeString(key: number[], value: Uint8Array): void {
  for (const byte of value) {
    key.push(byte);
    if (byte === 0x00) key.push(0xff);
    else if (byte === 0xff) key.push(0x00);
  }
  key.push(0x00, 0x01);
}

/**
 * Two's complement, largest byte first, in as few bytes n as leave room for the header: n - 1 one bits after the sign.
 * n bytes hold 7n - 1 bits of value. The header is added by exclusive or, which keeps negative numbers below.
 */
function writeSigned(key: number[], value: number): void {
  const wide = BigInt(value);
  const magnitude = wide < 0n ? ~wide : wide;
  let bytes = 1;
  while (magnitude >= 1n << BigInt(7 * bytes - 1)) bytes++;
  // The highest `bytes` bits are set: for 9 and 10 bytes the header itself is longer than one byte.
  const header = ((1n << BigInt(bytes)) - 1n) << BigInt(7 * bytes);
  const coded = BigInt.asUintN(8 * bytes, wide) ^ header;
  for (let shift = 8 * (bytes - 1); shift >= 0; shift -= 8) key.push(Number((coded >> BigInt(shift)) & 0xffn));
}
