import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeTensors } from "../../../src/compare/detail/describe-tensors.js";
import type { CellScale, DetailSize, TensorDetail } from "../../../src/compare/detail/types.js";
import { SAME_LAYOUT } from "../../../src/compare/types.js";
import type { DType, LazyTensor } from "../../../src/formats/types.js";
import { runPython } from "../../helpers/python.js";
import { builtKernel } from "../kernel-for-tests.js";
import { tensorOf } from "../memory-tensor.js";
import { bytesOf, floatsOf, placeIn, seeded } from "./tensors.js";

const SIZE: DetailSize = {
  cells: [5, 8],
  planes: 3,
  lens: [3, 4],
  bins: 10,
  decades: 5,
  entries: 100,
  worst: 10,
};

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;
type Change = (value: number, random: () => number, at: number) => number;

const scaled: Change = (value, random) => value * (1 + 1e-3 * (random() - 0.5));
const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

interface Sample {
  readonly name: string;
  readonly dtype: keyof typeof ARRAYS;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly make: (random: () => number, at: number) => number;
  readonly change: Change;
}

const plain = (random: () => number): number => (random() - 0.5) * 10 ** Math.floor(random() * 5 - 3);
const SAMPLES: readonly Sample[] = [
  {
    name: "sequence",
    dtype: "float32",
    shape: [2, 13, 50],
    axes: ["batch", "token", "channel"],
    make: plain,
    change: scaled,
  },
  {
    name: "images",
    dtype: "float32",
    shape: [2, 5, 6, 9],
    axes: ["batch", "channel", "height", "width"],
    make: plain,
    change: scaled,
  },
  {
    name: "channels-last",
    dtype: "float32",
    shape: [2, 6, 9, 5],
    axes: ["batch", "height", "width", "channel"],
    make: plain,
    change: scaled,
  },
  {
    name: "time-major",
    dtype: "float32",
    shape: [11, 3, 10],
    axes: ["token", "batch", "channel"],
    make: plain,
    change: scaled,
  },
  {
    name: "tiny-channels",
    dtype: "float32",
    shape: [1, 40, 3, 3],
    axes: ["batch", "channel", "height", "width"],
    make: plain,
    change: scaled,
  },
  {
    name: "rows-last",
    dtype: "float32",
    shape: [2, 3, 40],
    axes: ["height", "width", "channel"],
    make: plain,
    change: scaled,
  },
  { name: "double", dtype: "float64", shape: [4, 33], axes: ["axis 0", "axis 1"], make: plain, change: scaled },
  {
    name: "integers",
    dtype: "int32",
    shape: [3, 40],
    axes: ["batch", "token"],
    make: (random) => Math.floor(random() * 90 - 40),
    change: (value, random) => value + (random() < 0.2 ? 3 : 0),
  },
  {
    name: "truth",
    dtype: "bool",
    shape: [5, 8],
    axes: ["batch", "token"],
    make: (random) => Math.round(random()),
    change: (value, _random, at) => (at === 9 ? 1 - value : value),
  },
  {
    name: "not-finite",
    dtype: "float32",
    shape: [4, 40],
    axes: ["token", "channel"],
    make: (random, at) => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0][at] ?? plain(random),
    change: (value, random, at) =>
      at === 77 ? Number.NaN : at === 78 ? Number.POSITIVE_INFINITY : at === 1 ? 5 : scaled(value, random, at),
  },
  {
    name: "many-blocks",
    dtype: "float32",
    shape: [1, 3, 9001],
    axes: ["batch", "token", "channel"],
    make: plain,
    change: scaled,
  },
];

function makeSides({ dtype, shape, make, change, name }: Sample): {
  reference: LazyTensor;
  candidate: LazyTensor;
  data: [Values, Values];
} {
  const random = seeded(shape.length * 1000 + name.length);
  const count = shape.reduce((a, b) => a * b, 1);
  const reference = new ARRAYS[dtype](count);
  for (let i = 0; i < count; i++) reference[i] = make(random, i);
  const candidate = new ARRAYS[dtype](count);
  for (let i = 0; i < count; i++) candidate[i] = change(reference[i] ?? 0, random, i);
  return {
    reference: tensorOf(dtype, shape, reference, "reference"),
    candidate: tensorOf(dtype, shape, candidate, "candidate"),
    data: [reference, candidate],
  };
}

interface Answer {
  readonly reference: Record<string, number>;
  readonly candidate: Record<string, number>;
  readonly planeErrors: readonly number[];
  readonly cells: readonly Record<"reference" | "candidate" | "difference" | "relative" | "ulp", number[]>[];
  readonly histogram: readonly [number[], number[]];
  readonly scatter: readonly number[];
  readonly worst: readonly number[];
  readonly profiles: readonly { axis: number; maxAbs: number[]; rms: number[] }[];
}

interface Made {
  /** By the compiled loops where they apply, and by the plain ones everywhere. */
  readonly detail: TensorDetail;
  readonly plain: TensorDetail;
  readonly data: [Values, Values];
}
const details = new Map<string, Made>();
let answers: Map<string, Answer>;
const folder = mkdtempSync(join(tmpdir(), "parity-detail-"));

beforeAll(async () => {
  await builtKernel();
  const asked = SAMPLES.map((sample) => {
    const { reference, candidate, data } = makeSides(sample);
    const detail = describeTensors(reference, candidate, SAME_LAYOUT, sample.axes, SIZE);
    const plain = describeTensors(reference, candidate, SAME_LAYOUT, sample.axes, SIZE, null);
    details.set(sample.name, { detail, plain, data });
    for (const [i, side] of (["reference", "candidate"] as const).entries())
      writeFileSync(join(folder, `${sample.name}.${side}.bin`), new Uint8Array((data[i] as Values).buffer));
    const { rowAxes, columnAxes, planeAxes, tile, planes } = detail.picture;
    const { edges } = detail.histogram;
    const { magnitude, error } = detail.scatter;
    const { name, dtype, shape } = sample;
    return {
      name,
      dtype,
      shape,
      rowAxes,
      columnAxes,
      planeAxes,
      tile,
      edges,
      magnitude,
      error,
      planes: planes.map((one) => one.index),
    };
  });
  writeFileSync(join(folder, "asked.json"), JSON.stringify(asked));
  const text = await runPython("test/fixtures/compare/detail_oracle.py", [folder]);
  const list = JSON.parse(text.replace(/\bInfinity\b/g, "1e999")) as Answer[];
  answers = new Map(SAMPLES.map(({ name }, i) => [name, list[i] as Answer]));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

function seen(name: string): Made & { answer: Answer } {
  const own = details.get(name);
  const answer = answers.get(name);
  if (own === undefined || answer === undefined) throw new Error(`there is no sample ${name}`);
  return { ...own, answer };
}

/** A cell's byte stands for its value as nearly as the scale's steps allow. */
function expectCells(text: string, { kind, low, high }: CellScale, expected: readonly number[]): void {
  const bytes = bytesOf(text);
  expect(bytes.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    const byte = bytes[i] ?? -1;
    if (!Number.isFinite(value)) expect(byte).toBe(255);
    else if (kind === "linear") {
      const step = (high - low) / 254;
      expect(Math.abs(low + byte * step - value)).toBeLessThanOrEqual(step / 2 + 1e-9 * Math.abs(value));
    } else if (value === 0) expect(byte).toBe(0);
    else {
      const step = Math.log(high / low) / 253;
      const shown = low === high ? Math.log(low) : Math.log(low) + (byte - 1) * step;
      expect(byte).toBeGreaterThan(0);
      expect(byte).toBeLessThan(255);
      expect(Math.abs(shown - Math.log(value))).toBeLessThanOrEqual(step / 2 + 1e-6);
    }
  }
}

describe.each(SAMPLES.map(({ name }) => name))("%s: the detail shows what numpy computes", (name) => {
  test("every cell of all five views holds the worst of the elements it covers", () => {
    const { detail, answer } = seen(name);
    const { planes, scales } = detail.picture;
    expect(planes.length).toBeGreaterThan(0);
    for (const [i, plane] of planes.entries()) {
      const cells = answer.cells[i];
      if (cells === undefined) throw new Error("a plane too many");
      expectCells(plane.reference, scales.value, cells.reference);
      expectCells(plane.candidate, scales.value, cells.candidate);
      expectCells(plane.difference, scales.difference, cells.difference);
      expectCells(plane.relative, scales.relative, cells.relative);
      expectCells(plane.ulp, scales.ulp, cells.ulp);
    }
  });

  test("the planes with the largest errors are shown, worst first, and the others are counted", () => {
    const { detail, answer } = seen(name);
    const { planes, cut } = detail.picture;
    const order = [...answer.planeErrors].sort((a, b) => b - a);
    const shown = answer.cells.map(({ difference }) => Math.max(...difference));
    expect(shown).toEqual(order.slice(0, planes.length));
    expect(planes.length + cut).toBe(answer.planeErrors.length);
    expect(planes.length).toBe(Math.min(SIZE.planes, answer.planeErrors.length));
  });

  test("statistics, histogram, scatter, profiles and the worst elements", () => {
    const { detail, answer, data } = seen(name);
    for (const side of ["reference", "candidate"] as const)
      for (const [key, value] of Object.entries(answer[side])) {
        const own = detail.statistics[side][key as keyof TensorDetail["statistics"]["reference"]];
        expect(Math.abs(own - value), `${side} ${key}`).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
      }
    // A value that lies on an edge to the last bit may fall to either side of it.
    for (const [i, side] of (["reference", "candidate"] as const).entries())
      for (const [bin, count] of (answer.histogram[i] ?? []).entries())
        expect(Math.abs((detail.histogram[side][bin] ?? 0) - count), `${side} bin ${bin}`).toBeLessThanOrEqual(1);
    expect(detail.scatter.counts).toEqual(answer.scatter);
    const strides = detail.shape.map((_, axis) => detail.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const flat = detail.worst.map(({ index }) => index.reduce((at, i, axis) => at + i * (strides[axis] ?? 1), 0));
    expect(flat).toEqual(answer.worst);
    expect(detail.worst.map((one) => [one.reference, one.candidate])).toEqual(
      answer.worst.map((at) => [data[0][at], data[1][at]]),
    );
    for (const [i, profile] of answer.profiles.entries()) {
      const own = detail.profiles[i];
      expect(own?.axis).toBe(profile.axis);
      const tile = own?.tile ?? 1;
      expect(tile).toBe(Math.ceil(profile.maxAbs.length / SIZE.entries));
      for (const [at, value] of (own?.maxAbs ?? []).entries()) {
        const within = profile.maxAbs.slice(at * tile, (at + 1) * tile);
        expect(Math.abs(value - Math.max(...within))).toBeLessThanOrEqual(1e-4 * Math.max(...within));
        const squares = profile.rms.slice(at * tile, (at + 1) * tile).map((rms) => rms * rms);
        const rms = Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length);
        expect(Math.abs((own?.rms[at] ?? 0) - rms)).toBeLessThanOrEqual(1e-4 * rms);
      }
    }
  });

  test("the lens of a plane holds the exact values around its worst element", () => {
    const { detail, data } = seen(name);
    const [first] = detail.worst;
    if (first === undefined) throw new Error("every sample differs");
    const { shown, row, column } = placeIn(detail, first.index);
    const lens = shown?.lens;
    if (shown === undefined || lens === null || lens === undefined) throw new Error("the worst plane has a lens");
    expect(shown).toBe(detail.picture.planes[0]);
    expect([lens.rows, lens.columns]).toEqual([Math.min(3, detail.picture.rows), Math.min(4, detail.picture.columns)]);
    const at = (row - lens.row) * lens.columns + column - lens.column;
    expect(floatsOf(lens.reference)[at]).toBe(Math.fround(first.reference));
    expect(floatsOf(lens.candidate)[at]).toBe(Math.fround(first.candidate));
    // Every value of the lens, found again by its place.
    const count = data[0].length;
    const strides = detail.shape.map((_, axis) => detail.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    let found = 0;
    for (let i = 0; i < count; i++) {
      const index = detail.shape.map((size, axis) => Math.floor(i / (strides[axis] ?? 1)) % size);
      const place = placeIn(detail, index);
      const [r, c] = [place.row - lens.row, place.column - lens.column];
      if (place.shown !== shown || r < 0 || c < 0 || r >= lens.rows || c >= lens.columns) continue;
      found++;
      expect(floatsOf(lens.reference)[r * lens.columns + c]).toBe(Math.fround(data[0][i] ?? 0));
      expect(floatsOf(lens.candidate)[r * lens.columns + c]).toBe(Math.fround(data[1][i] ?? 0));
    }
    expect(found).toBe(lens.rows * lens.columns);
  });
});

test.each(SAMPLES.map(({ name }) => name))("%s: the compiled loops and the plain ones show the same", (name) => {
  const { detail, plain } = seen(name);
  const { statistics, profiles, ...rest } = plain;
  expect(detail).toMatchObject(rest);
  // Sums depend on the order of addition in their last digits.
  for (const side of ["reference", "candidate"] as const)
    for (const [key, value] of Object.entries(statistics[side]))
      expect(detail.statistics[side][key as "mean"]).toBeCloseTo(value, 10);
  for (const [i, profile] of profiles.entries()) {
    expect(detail.profiles[i]?.maxAbs).toEqual(profile.maxAbs);
    for (const [at, rms] of profile.rms.entries())
      expect(Math.abs((detail.profiles[i]?.rms[at] ?? 0) - rms)).toBeLessThanOrEqual(2e-5 * rms);
  }
});

test("a reference in another order of axes is shown in the candidate's", () => {
  const random = seeded(7);
  const reference = Float32Array.from({ length: 24 }, () => random());
  const turned = new Float32Array(24);
  for (let h = 0; h < 4; h++)
    for (let w = 0; w < 2; w++)
      for (let c = 0; c < 3; c++) turned[(c * 4 + h) * 2 + w] = reference[(h * 2 + w) * 3 + c] ?? 0;
  turned[5] = (turned[5] ?? 0) + 1;
  const axes = ["batch", "channel", "height", "width"];
  const detail = describeTensors(
    tensorOf("float32", [1, 4, 2, 3], reference),
    tensorOf("float32", [1, 3, 4, 2], turned),
    { permute: [0, 3, 1, 2], reshape: null },
    axes,
    SIZE,
  );
  expect(detail.worst).toHaveLength(1);
  expect(detail.worst[0]?.index).toEqual([0, 0, 2, 1]);
  expect(detail.worst[0]?.candidate).toBeCloseTo((detail.worst[0]?.reference ?? 0) + 1, 6);
});

const HALF: readonly (readonly [DType, readonly number[], number])[] = [
  ["float16", [0x3c00, 0x3c01], 1 / 1024],
  ["bfloat16", [0x3f80, 0x3f81], 1 / 128],
];
test.each(HALF)("%s: one step apart is one unit in the last place", (dtype, [one = 0, next = 0], step) => {
  const reference = tensorOf(dtype, [3], Uint16Array.of(one, one, one));
  const candidate = tensorOf(dtype, [3], Uint16Array.of(one, next, one));
  const detail = describeTensors(reference, candidate, SAME_LAYOUT, ["channel"], SIZE);
  expect(detail.worst).toEqual([{ index: [1], reference: 1, candidate: 1 + step, ulp: 1 }]);
  expect(detail.picture.scales.ulp).toEqual({ kind: "log", low: 1, high: 1 });
  expect([...bytesOf(detail.picture.planes[0]?.ulp ?? "")]).toEqual([0, 254, 0]);
});

test("64-bit integers, with a difference of one", () => {
  const reference = tensorOf("int64", [2], BigInt64Array.of(-5n, 7n));
  const candidate = tensorOf("int64", [2], BigInt64Array.of(-5n, 8n));
  const detail = describeTensors(reference, candidate, SAME_LAYOUT, ["token"], SIZE);
  expect(detail.worst).toEqual([{ index: [1], reference: 7, candidate: 8, ulp: 1 }]);
});

test("a scalar is one cell, and an empty tensor none", () => {
  const scalar = describeTensors(
    tensorOf("float32", [], Float32Array.of(2)),
    tensorOf("float32", [], Float32Array.of(3)),
    SAME_LAYOUT,
    [],
    SIZE,
  );
  expect(scalar.picture).toMatchObject({
    rows: 1,
    columns: 1,
    tile: [1, 1],
    rowAxes: [],
    columnAxes: [],
    planeAxes: [],
    cut: 0,
  });
  expect(scalar.picture.planes[0]?.lens).toMatchObject({ row: 0, column: 0, rows: 1, columns: 1 });
  expect(scalar.worst).toEqual([{ index: [], reference: 2, candidate: 3, ulp: 2 ** 22 }]);
  for (const shape of [[0], [0, 4], [2, 0, 3], [0, 3, 4]]) {
    const empty = tensorOf("float32", shape, new Float32Array(0));
    const detail = describeTensors(
      empty,
      empty,
      SAME_LAYOUT,
      shape.map((_, axis) => `axis ${axis}`),
      SIZE,
    );
    expect(detail.worst).toEqual([]);
    expect(detail.statistics.reference).toEqual({
      min: Number.NaN,
      max: Number.NaN,
      mean: Number.NaN,
      std: Number.NaN,
      nan: 0,
      infinite: 0,
      zero: 0,
    });
    expect(detail.histogram).toEqual({ edges: [], reference: [], candidate: [] });
    expect(detail.picture.planes.every((plane) => plane.reference === "" && plane.lens === null)).toBe(true);
  }
});

test("tensors that are the same have no worst element, no lens, and all errors at zero", () => {
  const one = tensorOf(
    "float32",
    [3, 4],
    Float32Array.from({ length: 12 }, (_, i) => i - 5),
  );
  const detail = describeTensors(one, one, SAME_LAYOUT, ["token", "channel"], SIZE);
  expect(detail.worst).toEqual([]);
  expect(detail.picture.planes[0]?.lens).toBeNull();
  expect(detail.picture.scales.difference).toEqual({ kind: "log", low: 0, high: 0 });
  expect(new Set(bytesOf(detail.picture.planes[0]?.difference ?? ""))).toEqual(new Set([0]));
  expect(detail.scatter.counts.reduce((a, b) => a + b, 0)).toBe(12);
});

test("NaN on both sides is no difference, on one side the worst of all", () => {
  const reference = tensorOf("float32", [4], Float32Array.of(Number.NaN, 1, 2, Number.NEGATIVE_INFINITY));
  const candidate = tensorOf("float32", [4], Float32Array.of(Number.NaN, Number.NaN, 3, Number.NEGATIVE_INFINITY));
  const detail = describeTensors(reference, candidate, SAME_LAYOUT, ["channel"], SIZE);
  const [plane] = detail.picture.planes;
  expect([...bytesOf(plane?.difference ?? "")]).toEqual([0, 255, 254, 0]);
  expect([bytesOf(plane?.reference ?? "")[0], bytesOf(plane?.candidate ?? "")[1]]).toEqual([255, 255]);
  expect(detail.worst.map(({ index, ulp }) => [index[0], ulp])).toEqual([
    [1, Number.POSITIVE_INFINITY],
    [2, 2 ** 22],
  ]);
});

test("a mean far from zero does not swallow the spread around it", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2));
  const one = tensorOf("float64", [1000], values);
  const { mean, std } = describeTensors(one, one, SAME_LAYOUT, ["axis 0"], SIZE).statistics.reference;
  expect(mean).toBe(1e9 + 0.5);
  expect(std).toBeCloseTo(0.5, 12);
});
