import fc from "fast-check";
import { expect, test } from "vitest";
import { applyLayout } from "../../src/compare/apply-layout.js";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { bytesPerElement, elementCount } from "../../src/formats/dtype.js";
import type { DType } from "../../src/formats/types.js";
import { tensorOf } from "./memory-tensor.js";

/** The permutation by its definition, one element at a time. */
function permuteSlowly(
  bytes: Uint8Array,
  shape: readonly number[],
  permute: readonly number[],
  width: number,
): Uint8Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sizes = permute.map((axis) => shape[axis] ?? 1);
  const out = new Uint8Array(bytes.length);
  for (let element = 0; element < bytes.length / width; element++) {
    let rest = element;
    let source = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      source += (rest % size) * (strides[permute[axis] ?? 0] ?? 0);
      rest = Math.floor(rest / size);
    }
    for (let i = 0; i < width; i++) out[element * width + i] = bytes[source * width + i] ?? 0;
  }
  return out;
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 7)) & 0xff);
}

const permutedShape = fc
  .array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 15, max: 19 })), {
    minLength: 1,
    maxLength: 5,
  })
  .filter((shape) => elementCount(shape) <= 3000)
  .chain((shape) => {
    const axes = shape.map((_, axis) => axis);
    return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length, maxLength: axes.length }));
  });

test("any permutation of any shape and element width gives the bytes of its definition, whole or in strips", () => {
  const dtypes = fc.constantFrom<DType>("float64", "float32", "bfloat16", "uint8");
  const parts = fc.record({
    stripBytes: fc.oneof(fc.constant(2 ** 20), fc.integer({ min: 30, max: 3000 })),
    readBytes: fc.oneof(fc.constant(2 ** 20), fc.integer({ min: 10, max: 300 })),
  });
  fc.assert(
    fc.property(permutedShape, dtypes, parts, ([shape, permute], dtype, { stripBytes, readBytes }) => {
      const width = bytesPerElement(dtype);
      const bytes = bytesOf(elementCount(shape) * width);
      const view = applyLayout(tensorOf(dtype, shape, bytes), { permute, reshape: null }, stripBytes);
      const out = new Uint8Array(bytes.length);
      const step = readBytes * width;
      for (let at = 0; at < out.length; at += step) view.read(out.subarray(at, Math.min(at + step, out.length)), at);
      expect(out).toEqual(permuteSlowly(bytes, shape, permute, width));
      expect(view.shape).toEqual(permute.map((axis) => shape[axis]));
    }),
    { numRuns: 200 },
  );
});

test("reading from the middle finds its strip", () => {
  const shape = [6, 5, 4];
  const bytes = bytesOf(120 * 4);
  const view = applyLayout(tensorOf("float32", shape, bytes), { permute: [2, 0, 1], reshape: null }, 100);
  const expected = permuteSlowly(bytes, shape, [2, 0, 1], 4);
  for (const at of [400, 0, 236, 4, 476]) {
    const part = new Uint8Array(4);
    view.read(part, at);
    expect(part).toEqual(expected.slice(at, at + 4));
  }
});

test("comparing under a layout is comparing the copy that was permuted before", () => {
  fc.assert(
    fc.property(permutedShape, ([shape, permute]) => {
      const count = elementCount(shape);
      const reference = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
      const permuted = permuteSlowly(new Uint8Array(reference.buffer), shape, permute, 4);
      const candidate = new Float32Array(permuted.buffer).map((value, i) => value + 1e-3 * Math.cos(7 * i));
      const merged = [count];
      const c = tensorOf("float32", merged, candidate);
      const layout = { permute, reshape: merged };
      expect(compareTensors(tensorOf("float32", shape, reference), c, { layout })).toEqual(
        compareTensors(tensorOf("float32", merged, permuted), c),
      );
    }),
    { numRuns: 60 },
  );
});

test("the place of the largest error is an index of the candidate's shape, not the reference's", () => {
  const reference = tensorOf("float32", [2, 3], Float32Array.of(0, 1, 2, 3, 4, 5));
  const candidate = tensorOf("float32", [3, 2], Float32Array.of(0, 3, 1, 4, 2.5, 5));
  const { maxAbs } = compareTensors(reference, candidate, { layout: { permute: [1, 0], reshape: null } });
  expect(maxAbs).toEqual({ value: 0.5, index: [2, 0], reference: 2, candidate: 2.5 });
});

test("a tensor is read once, in large pieces, when it fits a strip, and every byte once when it does not", () => {
  const whole = tensorOf("float32", [300, 200], bytesOf(240000));
  const out = new Uint8Array(240000);
  applyLayout(whole, { permute: [1, 0], reshape: null }).read(out, 0);
  expect(whole.reads()).toBe(1);
  // Rows of 32 KiB are too far apart to be read with what lies between: one read per row and strip.
  const wide = tensorOf("float32", [10, 8192], bytesOf(327680));
  applyLayout(wide, { permute: [1, 0], reshape: null }, 81920).read(new Uint8Array(327680), 0);
  expect(wide.reads()).toBe(10 * 4);
});

test("a tensor that was flattened in one order of axes is compared with one flattened in the other", () => {
  // [batch 2, height 1, width 2, channels 3], flattened with the channels last and with the channels first.
  const last = tensorOf("float32", [2, 6], Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  const first = tensorOf("float32", [2, 6], Float32Array.from([1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]));
  const layout = { reshapeFirst: [2, 1, 2, 3], permute: [0, 3, 1, 2], reshape: [2, 6] };
  expect(compareTensors(last, first, { layout }).identical).toBe(true);
  expect(() => applyLayout(last, { ...layout, reshapeFirst: [2, 5] })).toThrow(/cannot be reshaped/);
});
