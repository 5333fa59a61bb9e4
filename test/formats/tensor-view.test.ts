import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../../src/formats/byte-source.js";
import { bytesPerElement, elementCount } from "../../src/formats/dtype.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { spanElements } from "../../src/formats/strided.js";
import { makeTensor } from "../../src/formats/tensor-view.js";
import type { DType } from "../../src/formats/types.js";

/** Storage whose bytes differ from each other as far as bytes can. */
function storageOf(size: number): ByteSource & { readonly bytes: Uint8Array } {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 197 + (i >> 8) * 31) % 256);
  return {
    bytes,
    file: "memory",
    origin: 0,
    size,
    read(target, position) {
      if (position + target.length > size) throw new Error("read beyond the storage");
      target.set(bytes.subarray(position, position + target.length));
    },
  };
}

/** What the view means, element by element. */
function naive(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  item: number,
  word: number,
): Uint8Array {
  const out: number[] = [];
  const visit = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      for (let w = 0; w < item; w += word) {
        const piece = [...bytes.subarray(offset * item + w, offset * item + w + word)];
        out.push(...(word === 1 ? piece : piece.reverse()));
      }
      return;
    }
    for (let i = 0; i < (shape[axis] ?? 0); i += 1) visit(axis + 1, offset + i * (strides[axis] ?? 0));
  };
  visit(0, 0);
  return Uint8Array.from(out);
}

const view = fc
  .record({
    dtype: fc.constantFrom<DType>("uint8", "float16", "float32", "float64", "complex64", "complex128"),
    bigEndian: fc.boolean(),
    axes: fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 30 })), { maxLength: 4 }),
  })
  .map(({ axes, ...rest }) => ({
    ...rest,
    shape: axes.map(([size]) => size),
    strides: axes.map(([, stride]) => stride),
  }));

describe("makeTensor", () => {
  it("reads any range of any strided view as its elements in row-major order say", () => {
    fc.assert(
      fc.property(view, fc.nat(), fc.nat(), ({ dtype, bigEndian, shape, strides }, a, b) => {
        const item = bytesPerElement(dtype);
        const word = dtype.startsWith("complex") ? item / 2 : item;
        const source = storageOf(spanElements(shape, strides) * item);
        const tensor = makeTensor({ name: "x", dtype, shape, strides, bigEndian, source });
        const whole = naive(source.bytes, shape, strides, item, bigEndian ? word : 1);
        expect(tensor.byteLength).toBe(elementCount(shape) * item);
        expect(readTensor(tensor)).toEqual(whole);
        const start = a % (whole.length + 1);
        const part = new Uint8Array(b % (whole.length - start + 1));
        tensor.read(part, start);
        expect(part).toEqual(whole.subarray(start, start + part.length));
      }),
      { numRuns: 5000 },
    );
  }, 30_000);

  it("reads wide rows of a view straight from the file, and gives the same bytes", () => {
    const [shape, strides] = [
      [3, 2000],
      [5000, 1],
    ];
    const source = storageOf(spanElements(shape, strides) * 4);
    const sizes: number[] = [];
    const counting = {
      ...source,
      read: (target: Uint8Array, at: number) => {
        sizes.push(target.length);
        source.read(target, at);
      },
    };
    const tensor = makeTensor({ name: "x", dtype: "float32", shape, strides, source: counting });
    expect(readTensor(tensor)).toEqual(naive(source.bytes, shape, strides, 4, 1));
    expect(sizes).toEqual([8000, 8000, 8000]);
  });
});
