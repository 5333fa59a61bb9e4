import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PickleReader } from "../../src/formats/pickle-reader.js";
import type { PickleTensor, PickleValue } from "../../src/formats/pickle-values.js";
import { nameTensors } from "../../src/formats/torch-names.js";
import { TORCH_MEANING } from "../../src/formats/torch-rebuild.js";
import { unpickle } from "../../src/formats/unpickle.js";
import { errorOf } from "./expected-tensors.js";

const where = { file: "x.pt" };
const load = (...parts: (string | number)[]): PickleValue => unpickle(assemble(parts), TORCH_MEANING, where);

/** A pickle from opcodes: text as latin1, numbers as bytes. */
function assemble(parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part, "latin1"))),
  );
}

const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
/** (('storage', FloatStorage, '0', 'cpu', elements), offset, size, strides, False, OrderedDict()) */
function tensor(elements: string, offset: string, size: string, strides: string): string {
  const storage = `(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}${elements}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${size}${strides}\x89ccollections\nOrderedDict\n)RtR`;
}

describe("unpickle", () => {
  it.each([
    ["os.system", "cos\nsystem\n(Vx\ntR."],
    ["posix.system", "cposix\nsystem\n."],
    ["builtins.eval", "cbuiltins\neval\n."],
    ["builtins.getattr", "\x8c\x08builtins\x8c\x07getattr\x93."],
    ["torch.load", "ctorch\nload\n."],
    ["torch.hub.load", "ctorch.hub\nload\n."],
    ["numpy.core.multiarray.scalar", "cnumpy.core.multiarray\nscalar\n."],
    ["collections.OrderedDict.__class__", "ccollections\nOrderedDict.__class__\n."],
    ["torch.storage._load_from_bytes", "ctorch.storage\n_load_from_bytes\n."],
  ])("refuses to execute %s, and names it", (name, pickle) => {
    const error = errorOf(() => load("\x80\x02", pickle));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toBe(`the checkpoint needs the Python object ${name}, which parity does not execute`);
    expect(error.hint).toMatch(/torch\.save\(model\.state_dict\(\), 'state\.pt'\)/);
    expect(error.where).toMatchObject({ file: "x.pt", key: name });
  });

  it("does not print control characters of a hostile name to the terminal", () => {
    expect(errorOf(() => load("\x80\x02cevil\n\x1b[2J\n.")).message).toContain("evil.\\u001b[2J");
  });

  it.each([
    ["an opcode that torch never writes", "\x80\x02(i.", /opcode 0x69/],
    ["protocol 6", "\x80\x06N.", /protocol 6; parity reads 2 to 5/],
    ["an early end", "\x80\x02X\xff\0\0\0abc", /ends at byte 10, where 255 bytes from 7 were expected/],
    ["no STOP", "\x80\x02N", /the pickle ends at byte 3/],
    ["an empty stack", "\x80\x02.", /takes a value that was never pushed/],
    ["a missing mark", "\x80\x02t.", /closes a group that was never opened/],
    ["a memo that was never stored", "\x80\x02h\x05.", /recalls memo 5/],
    ["a call of text", `\x80\x02${text("f")})R.`, /calls something that is not a global/],
    ["an append to a dict", "\x80\x02}Na.", /appends to something that is not a list/],
    ["items of a list", "\x80\x02]NNs.", /sets items of something that is not a dict/],
    ["a key without a value", "\x80\x02}(Nu.", /a key has no value/],
    [
      "a call of a class",
      "\x80\x02ctorch\nFloatStorage\n)R.",
      /calls torch\.FloatStorage, which parity does not execute/,
    ],
    ["attributes on a list", "\x80\x02]}b.", /sets attributes of something that is not an OrderedDict/],
    ["a persistent id that is not a storage", "\x80\x02)Q.", /refers to something that is not a storage/],
    ["a huge integer", "\x80\x02\x8b\xff\xff\xff\x7f.", /an integer has 2147483647 bytes/],
    ["a negative length", "\x80\x02\x8b\xff\xff\xff\xff.", /where -1 bytes/],
    ["text of 2^63 bytes", "\x80\x04\x8d\0\0\0\0\0\0\0\x80.", /where 9223372036854776000 bytes/],
    [
      "a negative stride",
      `\x80\x02${tensor("K\x04", "K\0", "K\x02\x85", "J\xff\xff\xff\xff\x85")}.`,
      /a stride is not a non-negative integer/,
    ],
    [
      "an offset that is text",
      `\x80\x02${tensor("K\x04", text("0"), "K\x02\x85", "K\x01\x85")}.`,
      /the offset of a tensor is not a non-negative/,
    ],
    [
      "fewer strides than axes",
      `\x80\x02${tensor("K\x04", "K\0", "K\x02K\x02\x86", "K\x01\x85")}.`,
      /2 axes but 1 strides/,
    ],
  ])("refuses %s", (_what, pickle, message) => {
    expect(errorOf(() => load(pickle)).message).toMatch(message);
  });

  it("rebuilds a tensor as a view without touching its storage", () => {
    const value = load(`\x80\x02${tensor("K\x08", "K\x02", "K\x02K\x03\x86", "K\x03K\x01\x86")}.`);
    expect(value).toMatchObject({
      kind: "tensor",
      dtype: "float32",
      offset: 2,
      shape: [2, 3],
      strides: [3, 1],
    } satisfies Partial<PickleTensor>);
  });

  it("stops at a list that contains itself", () => {
    const value = load("\x80\x02]q\0h\0a.");
    expect(errorOf(() => nameTensors(value, where)).message).toMatch(/nests deeper than 64 levels, or contains itself/);
  });

  it("stops at lists that repeat each other exponentially, instead of running for ever", () => {
    // Level n holds level n - 1 ten times: 10^20 values from 700 bytes.
    let pickle = "\x80\x02]q\0";
    for (let level = 1; level <= 20; level += 1) {
      const memo = String.fromCharCode(level - 1);
      pickle += `](${`h${memo}`.repeat(10)}eq${String.fromCharCode(level)}`;
    }
    const value = load(`${pickle}.`);
    expect(errorOf(() => nameTensors(value, where)).message).toMatch(/holds more than 4000000 values/);
  }, 20_000);

  it.each([
    ["dicts", "}", /builds more than 6000000 objects/],
    ["groups", "(", /builds 10000 groups within each other/],
    ["numbers", "K\x01", /builds 8000000 values at once/],
    ["memo entries", "\x94", /builds 8000000 remembered values/],
  ])(
    "stops at millions of %s before the memory is used up",
    (_what, opcode, message) => {
      const pickle = Buffer.concat([Buffer.from("\x80\x02N", "latin1"), Buffer.alloc(17_000_000, opcode, "latin1")]);
      expect(errorOf(() => unpickle(pickle, TORCH_MEANING, where)).message).toMatch(message);
    },
    30_000,
  );

  it("answers any bytes with a value or a ParityError, never with a crash", () => {
    const opcodes =
      "(.0NKMJGXU]})a e s u t l \x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x90\x91\x93\x94\x95cRbqrhjQ\x02\0";
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from(opcodes, "latin1")));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
        expectValueOrParityError(() => unpickle(Uint8Array.from(bytes), TORCH_MEANING, where));
      }),
      { numRuns: 5000 },
    );
  }, 30_000);
});

describe("PickleReader", () => {
  it("reads integers of any length as Python's int.to_bytes writes them", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }), (value) => {
        const hex = BigInt.asUintN(96, value).toString(16).padStart(24, "0");
        const read = new PickleReader(Buffer.from(hex, "hex").reverse(), where).integer(12);
        expect(BigInt(read)).toBe(value);
      }),
    );
  });
});

function expectValueOrParityError(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toHaveProperty("name", "ParityError");
  }
}
