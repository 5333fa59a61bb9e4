import type { CellScale, LayerDetail, Picture, Plane } from "../../src/report/details.js";
import { hash } from "./sample-pair.js";

/**
 * Details of layers as the page gets them, made from seeded tensors by the most direct code there is, so that a test can
 * work out by hand what must be seen.
 */
export interface SampleTensors {
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly rowAxes: readonly number[];
  readonly columnAxes: readonly number[];
  readonly planeAxes: readonly number[];
  readonly tile: readonly [number, number];
  readonly reference: readonly number[];
  readonly candidate: readonly number[];
}

/** Hidden states of 7 tokens × 96 channels in cells of 1 × 2; one channel is far off at [0, 4, 37]. */
export function tokenDetail(pair: string, error = 0.4): LayerDetail {
  const shape = [1, 7, 96];
  const reference = seeded(pair, 7 * 96, 2);
  const candidate = reference.map((value, at) => Math.fround(value * (1 + 3e-7 * noise(pair, at))));
  candidate[4 * 96 + 37] = Math.fround((reference[4 * 96 + 37] ?? 0) + error);
  const axes = ["batch", "token", "channel"];
  return makeDetail(pair, {
    ...{ shape, axes, rowAxes: [0, 1], columnAxes: [2], planeAxes: [], tile: [1, 2], reference, candidate },
  });
}

/** Attention of 4 heads, 12 × 12; the third head is wrong, and it is the first plane. */
export function attentionDetail(pair: string): LayerDetail {
  const shape = [1, 4, 12, 12];
  const reference = seeded(pair, 4 * 144, 1).map((value) => Math.abs(value));
  const candidate = reference.map((value, at) => (Math.floor(at / 144) === 2 ? Math.fround(value * 1.1) : value));
  const axes = ["batch", "head", "query", "key"];
  return makeDetail(pair, {
    ...{ shape, axes, rowAxes: [2], columnAxes: [3], planeAxes: [0, 1], tile: [1, 1], reference, candidate },
  });
}

/** An image of 3 channels, 16 × 20, channels first, in cells of 2 × 2; its right border differs. */
export function imageDetail(pair: string): LayerDetail {
  const shape = [1, 3, 16, 20];
  const reference = seeded(pair, 3 * 320, 1);
  const candidate = reference.map((value, at) => (at % 20 === 19 ? Math.fround(value + 0.05) : value));
  const axes = ["batch", "channel", "height", "width"];
  return makeDetail(pair, {
    ...{ shape, axes, rowAxes: [2], columnAxes: [3], planeAxes: [0, 1], tile: [2, 2], reference, candidate },
  });
}

/** One number. */
export function scalarDetail(pair: string): LayerDetail {
  const none = { rowAxes: [], columnAxes: [], planeAxes: [] };
  return makeDetail(pair, { shape: [], axes: [], ...none, tile: [1, 1], reference: [1.5], candidate: [1.25] });
}

/** 4 × 6 with a NaN in the candidate at [1, 2] and an infinity on both sides at [3, 5]. */
export function brokenDetail(pair: string): LayerDetail {
  const reference = seeded(pair, 24, 1);
  reference[23] = Number.POSITIVE_INFINITY;
  const candidate = [...reference];
  candidate[8] = Number.NaN;
  const axes = ["token", "channel"];
  return makeDetail(pair, {
    ...{ shape: [4, 6], axes, rowAxes: [0], columnAxes: [1], planeAxes: [], tile: [1, 1], reference, candidate },
  });
}

/** Everything that a page shows of two tensors. */
export function makeDetail(pair: string, tensors: SampleTensors): LayerDetail {
  const { shape, axes, reference, candidate } = tensors;
  const errors = reference.map((value, at) => errorOf(value, candidate[at] ?? 0));
  const finite = [...reference, ...candidate].filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const edges = Array.from({ length: 25 }, (_, at) => low + ((high - low) * at) / 24);
  const count = (values: readonly number[]) => {
    const counts = new Array<number>(24).fill(0);
    for (const value of values.filter(Number.isFinite)) {
      const bin = Math.min(23, high === low ? 0 : Math.floor(((value - low) / (high - low)) * 24));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  };
  const worst = errors
    .map((error, at) => ({ error, at }))
    .filter(({ error }) => error > 0)
    .sort((a, b) => b.error - a.error || a.at - b.at)
    .slice(0, 10);
  return {
    pair,
    case: "c1",
    run: "local",
    shape,
    axes,
    statistics: { reference: statisticsOf(reference), candidate: statisticsOf(candidate) },
    picture: pictureOf(tensors),
    histogram: { edges, reference: count(reference), candidate: count(candidate) },
    scatter: scatterOf(reference, errors),
    profiles: shape.map((size, axis) => {
      const slices = Array.from({ length: size }, (_, slice) =>
        errors.filter((_error, at) => unravel(at, shape)[axis] === slice),
      );
      return {
        axis,
        size,
        maxAbs: slices.map((slice) => Math.max(...slice)),
        rms: slices.map((slice) => Math.sqrt(slice.reduce((sum, error) => sum + error * error, 0) / slice.length)),
      };
    }),
    worst: worst.map(({ at }) => ({
      index: unravel(at, shape),
      reference: reference[at] ?? 0,
      candidate: candidate[at] ?? 0,
      ulp: ulpOf(reference[at] ?? 0, candidate[at] ?? 0),
    })),
    calls: [
      { name: "F.linear", source: { file: "port/model.py", line: 41 }, shape },
      { name: "torch.add", source: null, shape },
    ],
    ops: {
      shown: [
        { name: `model/${pair}/MatMul`, type: "MatMul" },
        { name: `model/${pair}/add`, type: "AddV2" },
      ],
      cut: 3,
    },
    command: `parity check parity.config.ts --only '${pair}'`,
  };
}

function pictureOf(tensors: SampleTensors): Picture {
  const { shape, rowAxes, columnAxes, planeAxes, tile, reference, candidate } = tensors;
  const sizeOf = (chosen: readonly number[]) => chosen.reduce((size, axis) => size * (shape[axis] ?? 1), 1);
  const [rows, columns, count] = [sizeOf(rowAxes), sizeOf(columnAxes), sizeOf(planeAxes)];
  const flat = (index: readonly number[], chosen: readonly number[]) =>
    chosen.reduce((place, axis) => place * (shape[axis] ?? 1) + (index[axis] ?? 0), 0);
  const planes = Array.from({ length: count }, () => ({
    reference: new Array<number>(rows * columns).fill(0),
    candidate: new Array<number>(rows * columns).fill(0),
    index: [] as number[],
  }));
  reference.forEach((value, at) => {
    const index = unravel(at, shape);
    const plane = planes[flat(index, planeAxes)];
    const place = flat(index, rowAxes) * columns + flat(index, columnAxes);
    if (plane === undefined) return;
    plane.index = planeAxes.map((axis) => index[axis] ?? 0);
    plane.reference[place] = value;
    plane.candidate[place] = candidate[at] ?? 0;
  });
  const finite = [...reference, ...candidate].filter(Number.isFinite);
  const each = (of: (a: number, b: number) => number) => reference.map((value, at) => of(value, candidate[at] ?? 0));
  const scales = {
    value: { kind: "linear", low: Math.min(...finite), high: Math.max(...finite) } as const,
    difference: logScale(each(errorOf)),
    relative: logScale(each(relativeOf)),
    ulp: logScale(each(ulpOf)),
  };
  const made = planes.map(({ index, reference: a, candidate: b }): Plane & { worst: number } => {
    const cells = (values: readonly number[], scale: CellScale, signed = false) =>
      toBase64(tiles(values, rows, columns, tile, signed).map((value) => toByte(value, scale)));
    const pairs = (of: (x: number, y: number) => number) => a.map((value, at) => of(value, b[at] ?? 0));
    const errors = pairs(errorOf);
    const at = errors.indexOf(Math.max(...errors));
    const [row, column] = [Math.max(0, Math.floor(at / columns) - 4), Math.max(0, (at % columns) - 4)];
    const [high, wide] = [Math.min(9, rows - row), Math.min(9, columns - column)];
    const cut = (values: readonly number[]) =>
      floatsToBase64(
        Array.from({ length: high * wide }, (_, i) => {
          return values[(row + Math.floor(i / wide)) * columns + column + (i % wide)] ?? 0;
        }),
      );
    return {
      index,
      worst: Math.max(...errors),
      reference: cells(a, scales.value, true),
      candidate: cells(b, scales.value, true),
      difference: cells(errors, scales.difference),
      relative: cells(pairs(relativeOf), scales.relative),
      ulp: cells(pairs(ulpOf), scales.ulp),
      lens: { row, column, rows: high, columns: wide, reference: cut(a), candidate: cut(b) },
    };
  });
  const sorted = made.sort((a, b) => b.worst - a.worst).map(({ worst: _, ...plane }) => plane);
  return { rowAxes, columnAxes, planeAxes, rows, columns, tile, planes: sorted, cut: 0, scales };
}

function tiles(
  values: readonly number[],
  rows: number,
  columns: number,
  [down, across]: readonly [number, number],
  signed: boolean,
): number[] {
  const wide = Math.ceil(columns / across);
  const cells = new Array<number | null>(Math.ceil(rows / down) * wide).fill(null);
  values.forEach((value, at) => {
    const cell = Math.floor(Math.floor(at / columns) / down) * wide + Math.floor((at % columns) / across);
    const held = cells[cell] ?? null;
    const rank = (one: number) => (Number.isFinite(one) ? (signed ? Math.abs(one) : one) : Number.POSITIVE_INFINITY);
    if (held === null || rank(value) > rank(held)) cells[cell] = value;
  });
  return cells.map((cell) => cell ?? 0);
}

function toByte(value: number, { kind, low, high }: CellScale): number {
  if (!Number.isFinite(value)) return 255;
  if (kind === "linear") return high === low ? 0 : Math.round(((value - low) / (high - low)) * 254);
  if (value === 0) return 0;
  return high === low ? 254 : 1 + Math.round((Math.log(value / low) / Math.log(high / low)) * 253);
}

function logScale(values: readonly number[]): CellScale {
  const drawn = values.filter((value) => value > 0 && Number.isFinite(value));
  return drawn.length === 0
    ? { kind: "log", low: 1, high: 1 }
    : { kind: "log", low: Math.min(...drawn), high: Math.max(...drawn) };
}

function scatterOf(reference: readonly number[], errors: readonly number[]): LayerDetail["scatter"] {
  const edges = [-9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1];
  const counts = new Array<number>(100).fill(0);
  const bin = (value: number) => (value === 0 ? 0 : Math.min(9, Math.max(0, Math.floor(Math.log10(value)) + 9)));
  reference.forEach((value, at) => {
    const error = errors[at] ?? 0;
    if (!Number.isFinite(value) || !Number.isFinite(error)) return;
    const cell = bin(error) * 10 + bin(Math.abs(value));
    counts[cell] = (counts[cell] ?? 0) + 1;
  });
  return { magnitude: edges, error: edges, counts };
}

function statisticsOf(values: readonly number[]): LayerDetail["statistics"]["reference"] {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return {
    min: Math.min(...finite),
    max: Math.max(...finite),
    mean,
    std: Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length),
    nan: values.filter(Number.isNaN).length,
    infinite: values.filter((value) => Math.abs(value) === Number.POSITIVE_INFINITY).length,
    zero: values.filter((value) => value === 0).length,
  };
}

function errorOf(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const error = Math.abs(b - a);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function relativeOf(a: number, b: number): number {
  const error = errorOf(a, b);
  return error === 0 ? 0 : error / Math.abs(a);
}

function ulpOf(a: number, b: number): number {
  return errorOf(a, b) === 0
    ? 0
    : Math.max(1, Math.round(errorOf(a, b) / 2 ** (Math.floor(Math.log2(Math.abs(a))) - 23)));
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

/** Float32 values around zero, the same for the same seed. */
function seeded(seed: string, count: number, scale: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.fround(scale * noise(`${seed} value`, at)));
}

function noise(seed: string, at: number): number {
  return (hash(`${seed} ${at}`) % 20_001) / 10_000 - 1;
}

function toBase64(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("base64");
}

function floatsToBase64(values: readonly number[]): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => {
    bytes.writeFloatLE(value, 4 * at);
  });
  return bytes.toString("base64");
}
