import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type ErrorPlace, formatError, ParityError } from "../../errors.js";

const WIRE_NAMES = ["a varint", "8 bytes", "a length-delimited value", "a group", "a group's end", "4 bytes"];

/** Where a buffer of protobuf bytes comes from, for messages. */
export interface ProtoSource {
  readonly file: string;
  /** Offset of the buffer's first byte in `file`; undefined when the file holds it compressed. */
  readonly offset?: number;
  readonly hint?: string;
}

/**
 * Reads protobuf messages field by field over one buffer, so that every error can name its offset in the file. Each
 * nested message must end within the one around it. Only the messages whose types cannot contain themselves are
 * descended into (functions, variants and op lists stay raw bytes), so a file cannot choose the depth of the stack:
 * the deepest path, SavedModel to a dimension of a shape in an attribute's list, has nine levels.
 */
export class ProtoReader {
  private readonly wire: BinaryReader;
  /** End of the innermost message that is being read. */
  private end: number;
  private message = "message";
  private field = 0;
  /** Where the current field's tag begins. */
  private fieldStart = 0;
  private wireType: WireType = WireType.Varint;

  private readonly bytes: Uint8Array;

  constructor(
    bytes: Uint8Array,
    readonly source: ProtoSource,
  ) {
    // A Buffer makes views far more slowly than a plain array does.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.wire = new BinaryReader(this.bytes);
    this.end = bytes.length;
  }

  /** Runs `read` and turns what the wire primitives throw into FORMAT_INVALID with the offset that was reached. */
  parse<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof ParityError) throw error;
      // The primitives throw plain errors and range errors; anything else is a mistake of ours and keeps its stack.
      if (error instanceof RangeError || (error instanceof Error && error.constructor === Error)) {
        throw this.fail(error.message, error);
      }
      throw error;
    }
  }

  /** Reads the fields up to the buffer's end as a message of type `name`. See `nested`. */
  root(name: string, onField: (field: number) => boolean, unknown: Uint8Array[]): void {
    this.readFields(name, onField, unknown);
  }

  /**
   * Reads the current field as a message. `onField` reads one field's value and returns true, or returns false without
   * reading; such a field is kept in `unknown`, tag included. Gives back where the message's bytes begin.
   */
  nested(name: string, onField: (field: number) => boolean, unknown: Uint8Array[]): number {
    const { message, field } = this;
    const outerEnd = this.enter(name);
    const start = this.wire.pos;
    this.readFields(name, onField, unknown);
    this.leave(outerEnd);
    this.message = message;
    this.field = field;
    return start;
  }

  /** Like `nested`, but what `onField` does not read is passed over, and the message's bytes are given back. */
  nestedRaw(name: string, onField: (field: number) => boolean): Uint8Array {
    const skipOthers = (field: number): boolean => {
      if (!onField(field)) this.skip();
      return true;
    };
    const start = this.nested(name, skipOthers, []);
    return this.bytes.subarray(start, this.wire.pos);
  }

  /**
   * The steps of `nested` one by one, without a closure, for messages that come by the hundred thousand: `enter`, then
   * `next` until it gives 0, each field read, skipped or taken by `unknownField`, then `leave` with what `enter` gave.
   */
  enter(name: string): number {
    this.expect(WireType.LengthDelimited);
    const length = this.wire.uint32();
    const stop = this.wire.pos + length;
    if (stop > this.end) {
      throw this.fail(`a ${name} of ${length} bytes where ${Math.max(0, this.end - this.wire.pos)} are left`);
    }
    const outerEnd = this.end;
    this.end = stop;
    this.message = name;
    return outerEnd;
  }

  /** The number of the message's next field; 0 at its end. */
  next(): number {
    const wire = this.wire;
    if (wire.pos >= this.end) {
      if (wire.pos > this.end) throw this.fail("the field runs past the end of its message");
      return 0;
    }
    this.fieldStart = wire.pos;
    const tag = wire.uint32();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    if (this.field === 0 || this.wireType > WireType.Bit32) throw this.fail("a damaged tag");
    return this.field;
  }

  leave(outerEnd: number): void {
    this.end = outerEnd;
  }

  /** The current field, not read yet, as raw bytes with its tag. */
  unknownField(): Uint8Array {
    const start = this.fieldStart;
    this.skip();
    return this.bytes.subarray(start, this.wire.pos);
  }

  private readFields(name: string, onField: (field: number) => boolean, unknown: Uint8Array[]): void {
    this.message = name;
    for (let field = this.next(); field !== 0; field = this.next()) {
      if (!onField(field)) unknown.push(this.unknownField());
      this.message = name;
    }
  }

  /** Passes over the current field. Groups, which TensorFlow's messages never had, are refused: they nest. */
  skip(): void {
    if (this.wireType === WireType.StartGroup || this.wireType === WireType.EndGroup) {
      throw this.fail("a protobuf group, which TensorFlow does not use");
    }
    this.wire.skip(this.wireType, this.field);
  }

  /** A `string`. Invalid UTF-8 is an error: replacing it would change names silently. */
  string(): string {
    this.expect(WireType.LengthDelimited);
    try {
      return this.wire.string(true);
    } catch (error) {
      // The strict decoder throws a TypeError for bytes that are not UTF-8.
      throw error instanceof TypeError ? this.fail("text that is not UTF-8", error) : error;
    }
  }

  /** `bytes`, or a message left as it is: a view of the buffer. */
  rawBytes(): Uint8Array {
    this.expect(WireType.LengthDelimited);
    const value = this.wire.bytes();
    if (this.wire.pos > this.end) throw this.fail("the value runs past the end of its message");
    return value;
  }

  /** Where in the file the bytes just read by `rawBytes` or `nestedRaw` begin. */
  sourceOf(value: Uint8Array): ProtoSource {
    const { file, offset, hint } = this.source;
    if (offset === undefined) return this.source;
    const start = offset + this.wire.pos - value.length;
    return hint === undefined ? { file, offset: start } : { file, offset: start, hint };
  }

  bool(): boolean {
    this.expect(WireType.Varint);
    return this.wire.bool();
  }

  /** An `int32` or an enum. */
  int32(): number {
    this.expect(WireType.Varint);
    return this.wire.int32();
  }

  /** An `int64`: a number where it is a safe integer, else a bigint. */
  int64(): number | bigint {
    this.expect(WireType.Varint);
    return this.wideInteger();
  }

  /** An `int64` that has to be a safe integer, as sizes and offsets are. */
  safeInt64(): number {
    const value = this.int64();
    if (typeof value === "bigint") throw this.fail(`the number ${value} is over 2^53`);
    return value;
  }

  fixed32(): number {
    this.expect(WireType.Bit32);
    return this.wire.fixed32();
  }

  float(): number {
    this.expect(WireType.Bit32);
    return this.wire.float();
  }

  /** Repeated `int64`, packed or not. */
  int64s(into: (number | bigint)[]): void {
    this.repeated(WireType.Varint, () => into.push(this.wideInteger()));
  }

  /** Repeated `int32`, enum or `bool`, packed or not; a bool is 0 or 1. */
  int32s(into: number[]): void {
    this.repeated(WireType.Varint, () => into.push(this.wire.int32()));
  }

  /** Repeated `float`, packed or not. */
  floats(into: number[]): void {
    this.repeated(WireType.Bit32, () => into.push(this.wire.float()));
  }

  /** The bytes of a repeated number field, packed (all of it) or not (the one value), for decoding elsewhere. */
  packedBytes(single: WireType): Uint8Array {
    if (this.wireType === WireType.LengthDelimited) return this.rawBytes();
    this.expect(single);
    return this.wire.skip(single, this.field);
  }

  private repeated(single: WireType, readOne: () => void): void {
    if (this.wireType !== WireType.LengthDelimited) {
      this.expect(single);
      readOne();
      return;
    }
    const length = this.wire.uint32();
    const stop = this.wire.pos + length;
    if (stop > this.end) throw this.fail(`a list of ${length} bytes runs past the end of its message`);
    while (this.wire.pos < stop) readOne();
    if (this.wire.pos > stop) throw this.fail("the last value of a list runs past its end");
  }

  private wideInteger(): number | bigint {
    // One to four bytes, nearly every number there is, without the detour through a bigint.
    const { bytes } = this;
    const start = this.wire.pos;
    let value = 0;
    for (let index = 0, scale = 1; index < 4; index++, scale *= 128) {
      const byte = bytes[start + index];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.wire.pos = start + index + 1;
        return value;
      }
    }
    const wide = BigInt(this.wire.int64());
    const narrow = Number(wide);
    return Number.isSafeInteger(narrow) ? narrow : wide;
  }

  private expect(wireType: WireType): void {
    if (this.wireType !== wireType) {
      throw this.fail(`${WIRE_NAMES[this.wireType]} where ${WIRE_NAMES[wireType]} belongs`);
    }
  }

  /** A FORMAT_INVALID error at the position reached; `throw` it. */
  fail(what: string, cause?: unknown): ParityError {
    const offset =
      this.source.offset === undefined ? undefined : this.source.offset + Math.min(this.wire.pos, this.end);
    const where: ErrorPlace = offset === undefined ? { file: this.source.file } : { file: this.source.file, offset };
    const at = offset === undefined ? "" : ` at byte ${offset}`;
    const hint = this.source.hint ?? "The file is damaged or of another kind: copy it again.";
    const message = `${this.source.file}${at}: ${this.message}, field ${this.field}: ${what}`;
    if (cause === undefined) return formatError(message, where, hint);
    return new ParityError("FORMAT_INVALID", message, { where, hint, cause });
  }
}
