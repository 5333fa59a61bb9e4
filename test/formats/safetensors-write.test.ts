import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytesPerElement, elementCount } from "../../src/formats/dtype.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { createSafetensorsWriter, type TensorToWrite, writeSafetensors } from "../../src/formats/safetensors-write.js";
import type { DType, LazyTensor } from "../../src/formats/types.js";
import { errorOf, makeFolder } from "./expected-tensors.js";

const DTYPES: readonly DType[] = [
  ...(["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int64", "int32"] as const),
  ...(["int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "complex64"] as const),
];

const parent = makeFolder();
let folder = "";
let count = 0;
beforeAll(() => mkdirSync(parent.path, { recursive: true }));
beforeEach(() => {
  count += 1;
  folder = join(parent.path, String(count));
  mkdirSync(folder);
});
afterAll(() => parent.remove());

const tensorArbitrary = fc
  .record({
    name: fc.string({ unit: "grapheme", maxLength: 12 }).filter((name) => name !== "__metadata__"),
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ name, dtype, shape }) => {
    const length = elementCount(shape) * bytesPerElement(dtype);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => ({ name, dtype, shape, data }));
  });
const tensorsArbitrary = fc.uniqueArray(tensorArbitrary, { selector: ({ name }) => name, maxLength: 8 });
const metadataArbitrary = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), {
  maxKeys: 4,
});

const ones = (name: string): TensorToWrite => ({ name, dtype: "float32", shape: [2], data: new Uint8Array(8).fill(1) });

describe("writeSafetensors", () => {
  it("gives back every tensor as it was written: all dtypes, empty and scalar ones, any Unicode name", () => {
    const path = join(folder, "round.safetensors");
    fc.assert(
      fc.property(tensorsArbitrary, metadataArbitrary, (tensors, metadata) => {
        writeSafetensors(path, tensors, metadata);
        const file = openSafetensors(path);
        expect(new Set(file.tensors.keys())).toEqual(new Set(tensors.map(({ name }) => name)));
        for (const { name, dtype, shape, data } of tensors) {
          const tensor = file.tensors.get(name);
          expect(tensor).toMatchObject({ dtype, shape, byteLength: data.length });
          expect(tensor && readTensor(tensor)).toEqual(data);
          // What lets other readers map the file: each tensor is aligned to its own elements.
          expect((tensor?.location.offset ?? 1) % Math.min(bytesPerElement(dtype), 8)).toBe(0);
        }
        expect(file.metadata).toEqual(metadata);
        file.close();
      }),
      { numRuns: 150 },
    );
    expect(readdirSync(folder)).toEqual(["round.safetensors"]);
  }, 30_000);

  it("copies a large lazy tensor in blocks, so that memory does not grow with it", () => {
    const path = join(folder, "large.safetensors");
    const byteLength = 10_000_000;
    let largest = 0;
    const lazy: LazyTensor = {
      name: "x",
      dtype: "uint8",
      shape: [byteLength],
      byteLength,
      location: { file: "none" },
      read(target, offset) {
        largest = Math.max(largest, target.byteLength);
        for (let i = 0; i < target.length; i += 1) target[i] = (offset + i) % 251;
      },
    };
    writeSafetensors(path, [{ name: "x", dtype: "uint8", shape: [byteLength], data: lazy }]);
    const file = openSafetensors(path);
    const tensor = file.tensors.get("x");
    const tail = new Uint8Array(3);
    tensor?.read(tail, byteLength - 3);
    expect([...tail]).toEqual([byteLength - 3, byteLength - 2, byteLength - 1].map((i) => i % 251));
    expect(largest).toBeLessThanOrEqual(4 * 1024 * 1024);
    file.close();
  });

  it("leaves an existing file as it was and nothing beside it when a tensor fails to be read", () => {
    const path = join(folder, "kept.safetensors");
    writeFileSync(path, "old");
    const failing: LazyTensor = {
      ...{ name: "b", dtype: "float32", shape: [2], byteLength: 8, location: { file: "none" } },
      read: () => {
        throw new Error("disk gone");
      },
    };
    expect(() =>
      writeSafetensors(path, [ones("a"), { name: "b", dtype: "float32", shape: [2], data: failing }]),
    ).toThrow("disk gone");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["kept.safetensors"]);
  });

  const refused: readonly (readonly [what: string, tensors: readonly TensorToWrite[], message: RegExp])[] = [
    ["a name given twice", [ones("a"), ones("a")], /tensor "a" was given twice/],
    ["the reserved name", [ones("__metadata__")], /a name that safetensors cannot hold/],
    ["a name that is half a character", [ones("\ud800")], /a name that safetensors cannot hold/],
    [
      "a dtype the format lacks",
      [{ ...ones("a"), dtype: "complex128" }],
      /has dtype complex128, which safetensors cannot hold/,
    ],
    ["too few bytes", [{ ...ones("a"), data: new Uint8Array(7) }], /tensor "a" got 7 of its 8 bytes/],
    ["too many bytes", [{ ...ones("a"), data: new Uint8Array(9) }], /tensor "a" got bytes up to 9 of 8/],
  ];
  it.each(refused)("refuses %s and leaves nothing behind", (_what, tensors, message) => {
    const error = errorOf(() => writeSafetensors(join(folder, "x.safetensors"), tensors));
    expect(error.message).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says that the folder does not exist", () => {
    const error = errorOf(() => writeSafetensors(join(folder, "no", "x.safetensors"), [ones("a")]));
    expect(error.message).toMatch(/cannot write .*x\.safetensors: its folder does not exist/);
  });

  it("removes its temporary file when the name is taken by a folder", () => {
    mkdirSync(join(folder, "x.safetensors"));
    const error = errorOf(() => writeSafetensors(join(folder, "x.safetensors"), [ones("a")]));
    expect(error.message).toMatch(/a folder has this name/);
    expect(readdirSync(folder)).toEqual(["x.safetensors"]);
  });
});

describe("createSafetensorsWriter", () => {
  it("takes tensors in any order and in pieces, and shows the file only when it is complete", () => {
    const path = join(folder, "run.safetensors");
    const writer = createSafetensorsWriter(path, [ones("a"), ones("b")]);
    writer.write("b", new Uint8Array([5, 6, 7, 8]), 4);
    writer.write("a", new Uint8Array(8).fill(9));
    writer.write("b", new Uint8Array([1, 2, 3, 4]));
    expect(readdirSync(folder)).not.toContain("run.safetensors");
    writer.finish();
    const file = openSafetensors(path);
    expect([...file.tensors.values()].map((tensor) => [...readTensor(tensor)])).toEqual([
      [9, 9, 9, 9, 9, 9, 9, 9],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ]);
    file.close();
  });

  it("leaves nothing behind when a run is given up", () => {
    const writer = createSafetensorsWriter(join(folder, "run.safetensors"), [ones("a")]);
    writer.write("a", new Uint8Array(4));
    writer.abort();
    expect(readdirSync(folder)).toEqual([]);
  });
});
