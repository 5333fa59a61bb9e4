/** Reverses, in place, each group of `word` bytes (1, 2, 4 or 8); `bytes.length` is a multiple of `word`. */
export function swapBytes(bytes: Uint8Array, word: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (word === 2) buffer.swap16();
  else if (word === 4) buffer.swap32();
  else if (word === 8) buffer.swap64();
  else if (word !== 1) throw new RangeError(`no numbers of ${word} bytes`);
}
