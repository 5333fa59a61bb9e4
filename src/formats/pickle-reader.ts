import { type ErrorPlace, formatError } from "../errors.js";

/** Reads the arguments of pickle opcodes one after the other; running out of bytes is FORMAT_INVALID. */
export class PickleReader {
  readonly #bytes: Buffer;
  readonly #where: ErrorPlace;
  #at = 0;

  constructor(bytes: Uint8Array, where: ErrorPlace) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#at;
  }

  /** Where the next byte, or the byte at `offset`, stands; for messages. */
  place(offset = this.#at): ErrorPlace {
    return { ...this.#where, offset };
  }

  take(length: number): Buffer {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  // Millions of opcodes and small numbers are read: these make no intermediate buffers.

  uint8(): number {
    return this.#bytes[this.#skip(1)] ?? 0;
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#skip(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  /** Moves on by `length` bytes and gives back where they begin. */
  #skip(length: number): number {
    const start = this.#at;
    if (length < 0 || start + length > this.#bytes.length) {
      throw formatError(
        `the pickle ends at byte ${this.#bytes.length}, where ${length} bytes from ${start} were expected`,
        this.place(),
        "The file is truncated or damaged: fetch or write it again.",
      );
    }
    this.#at = start + length;
    return start;
  }

  /** A length of 8 bytes; one beyond 2^53 is larger than any file and fails in `take`. */
  uint64(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  float64(): number {
    return this.take(8).readDoubleBE();
  }

  /** Text up to the next line feed, without it. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw formatError("a line of the pickle has no end", this.place());
    const text = this.take(end - this.#at).toString("utf8");
    this.take(1);
    return text;
  }

  text(length: number): string {
    const start = this.#skip(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A little-endian two's-complement integer; a number where it is exact. */
  integer(length: number): number | bigint {
    const bytes = this.take(length);
    if (length === 0) return 0;
    if (length <= 6) return bytes.readIntLE(0, length);
    const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    const value = BigInt.asIntN(length * 8, unsigned);
    const narrow = Number(value);
    return Number.isSafeInteger(narrow) ? narrow : value;
  }
}
