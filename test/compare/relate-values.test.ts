import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { relateValues } from "../../src/compare/relate-values.js";
import type { Relation } from "../../src/compare/relation.js";
import { applySteps, stepsAsPython } from "../../src/compare/undo-steps.js";
import { elementCount } from "../../src/formats/dtype.js";
import { float32, float64 } from "./memory-tensor.js";

/** Numbers as a trained kernel has them: all different, of both signs. */
function random(shape: readonly number[], seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return Float32Array.from(
    { length: elementCount(shape) },
    () => 0.1 * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** An element by its index, as nested lists would be read. */
function build(shape: readonly number[], at: (index: readonly number[]) => number): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (const size of [...shape].reverse()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return at(index);
  });
}

function reader(values: Float32Array, shape: readonly number[]) {
  return (...index: number[]): number =>
    values[index.reduce((flat, one, axis) => flat * (shape[axis] ?? 1) + one, 0)] ?? 0;
}

function relate(
  stored: Iterable<number>,
  wanted: Iterable<number>,
  shape: readonly number[],
  flattened: readonly (readonly number[])[] = [],
): Relation {
  const relation = relateValues(float32([...stored], shape), float32([...wanted], shape), { flattened });
  if (relation.undo !== null) {
    // Whatever it is called: doing what it says must give the wanted values.
    const back = applySteps({ shape, values: Float32Array.from(stored) }, relation.undo);
    expect(back.shape).toEqual(shape);
    const target = [...wanted];
    const size = Math.max(...target.map(Math.abs));
    for (const [i, value] of back.values.entries())
      expect(Math.abs(value - (target[i] ?? 0)), `${relation.description} at ${i}`).toBeLessThanOrEqual(3e-6 * size);
  }
  return relation;
}

const seeds = fc.integer({ min: 1, max: 1e6 });

describe("a parameter that holds its variable otherwise than it should", () => {
  it("is known by the axes that were exchanged, in any rank, and by a rotation of its kernel", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom([2, 3, 3, 3], [4, 4, 3, 3], [3, 3], [2, 5, 5], [3, 3, 2, 2]),
        (seed, shape) => {
          const wanted = random(shape, seed);
          const of = reader(wanted, shape);
          if (shape.length >= 3) {
            const flipped = build(shape, (i) =>
              of(...i.map((one, axis) => (axis >= 2 ? (shape[axis] ?? 1) - 1 - one : one))),
            );
            const turned = relate(flipped, wanted, shape);
            expect(turned).toMatchObject({ kind: "axes", flipped: shape.slice(2).map((_, i) => i + 2) });
            if (shape.length === 4) expect(turned.description).toContain("180°");
          }
          if (shape[0] === shape[1]) {
            const swapped = build(shape, ([a = 0, b = 0, ...rest]) => of(b, a, ...rest));
            expect(relate(swapped, wanted, shape)).toMatchObject({ kind: "axes", flipped: [] });
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is known by its gates in another order: all 4! orders of four blocks, rows or columns", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.constantFrom(0, 1),
        (seed, order, axis) => {
          const shape = axis === 0 ? [12, 5] : [5, 12];
          const wanted = random(shape, seed);
          const of = reader(wanted, shape);
          const moved = (i: number): number => (order[Math.floor(i / 3)] ?? 0) * 3 + (i % 3);
          const stored = build(shape, ([r = 0, c = 0]) => (axis === 0 ? of(moved(r), c) : of(r, moved(c))));
          const relation = relate(stored, wanted, shape);
          if (order.every((one, i) => one === i)) expect(relation).toMatchObject({ kind: "same", exact: true });
          else if (relation.kind === "blocks" && relation.count === 4) expect(relation).toMatchObject({ axis, order });
          // Two halves exchanged are four quarters exchanged, and said the simpler way.
          else expect(relation).toMatchObject({ kind: "blocks", count: 2, order: [1, 0] });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is known by q, k and v interleaved per head, with the number of heads, either way round", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(2, 4, 5), fc.constantFrom(3, 4, 5), (seed, heads, size) => {
        const shape = [3 * heads * size, 4];
        const wanted = random(shape, seed);
        const of = reader(wanted, shape);
        const byHead = build(shape, ([row = 0, c = 0]) => {
          const [head, part, n] = [Math.floor(row / (3 * size)), Math.floor(row / size) % 3, row % size];
          return of((part * heads + head) * size + n, c);
        });
        expect(relate(byHead, wanted, shape)).toMatchObject({
          kind: "head-interleaved",
          heads,
          parts: 3,
          size,
          stored: "by-head",
        });
        expect(relate(wanted, byHead, shape)).toMatchObject({ kind: "head-interleaved", heads, stored: "by-part" });
      }),
      { numRuns: 30 },
    );
  });

  it("is known by rotary pairs side by side against half a head apart, of q alone and of a fused q, k, v", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 2, 4), fc.constantFrom(6, 10), (seed, heads, size) => {
        const shape = [heads * size, 4];
        const wanted = random(shape, seed);
        const of = reader(wanted, shape);
        const halves = (row: number): number => {
          const [head, n] = [Math.floor(row / size), row % size];
          return head * size + (n % 2) * (size / 2) + Math.floor(n / 2);
        };
        const stored = build(shape, ([row = 0, c = 0]) => of(halves(row), c));
        const found = relate(stored, wanted, shape);
        if (heads > 1) expect(found).toMatchObject({ kind: "rotary-pairs", heads, stored: "interleaved", of: [1, 1] });
        const fused = [3 * heads * size, 4];
        const all = random(fused, seed + 1);
        const ofAll = reader(all, fused);
        const first = 2 * heads * size;
        const mixed = build(fused, ([row = 0, c = 0]) => ofAll(row < first ? halves(row) : row, c));
        expect(relate(mixed, all, fused)).toMatchObject({ kind: "rotary-pairs", heads, of: [2, 3] });
      }),
      { numRuns: 30 },
    );
  });

  it("is known by the order in which a feature map was flattened, when its sizes are known and when not", () => {
    const shape = [5, 4 * 3 * 6];
    const wanted = random(shape, 3);
    const of = reader(wanted, shape);
    const stored = build(shape, ([r = 0, c = 0]) => {
      const [channel, y, x] = [Math.floor(c / 12), Math.floor(c / 3) % 4, c % 3];
      return of(r, (y * 3 + x) * 6 + channel);
    });
    expect(relate(stored, wanted, shape, [[4, 3, 6]])).toMatchObject({
      kind: "flatten-order",
      axis: 1,
      sizes: [4, 3, 6],
      permute: [2, 0, 1],
    });
    // (12, 6) flattened as (6, 12) is what can be said without them; in halves, thirds or quarters it is the same order.
    const blind = relate(stored, wanted, shape);
    expect(["flatten-order", "head-interleaved", "rotary-pairs"]).toContain(blind.kind);
  });

  it("is known by rows that run backwards, round the end, or in an order of their own", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 12 }), (seed, by) => {
        const shape = [13, 3];
        const wanted = random(shape, seed);
        const of = reader(wanted, shape);
        expect(
          relate(
            build(shape, ([r = 0, c = 0]) => of(12 - r, c)),
            wanted,
            shape,
          ).kind,
        ).toBe("reversed");
        expect(
          relate(
            build(shape, ([r = 0, c = 0]) => of((r + by) % 13, c)),
            wanted,
            shape,
          ),
        ).toMatchObject({
          kind: "shifted",
          by,
          cyclic: true,
        });
        const order = [4, 0, 7, 2, 12, 1, 3, 11, 5, 10, 6, 9, 8];
        expect(
          relate(
            build(shape, ([r = 0, c = 0]) => of(order[r] ?? 0, c)),
            wanted,
            shape,
          ),
        ).toMatchObject({
          kind: "reordered",
          order,
        });
      }),
      { numRuns: 30 },
    );
  });

  it("is known by a constant factor, sign or offset", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(-1, 2, 0.5, 8, 1 / 255, 0.125, 1 / Math.sqrt(48)), (seed, factor) => {
        const wanted = random([6, 7], seed);
        const relation = relate(
          wanted.map((value) => value * factor),
          wanted,
          [6, 7],
        );
        expect(relation.kind).toBe("scaled");
        if (relation.kind === "scaled") expect(relation.factor / factor).toBeCloseTo(1, 6);
        const lifted = relate(
          wanted.map((value) => value + factor),
          wanted,
          [6, 7],
        );
        expect(lifted.kind).toBe("offset");
        if (lifted.kind === "offset") expect(lifted.value / factor).toBeCloseTo(1, 4);
      }),
      { numRuns: 40 },
    );
    expect(relate([-1, -2, 3], [1, 2, -3], [3]).description).toBe("the wanted ones with the sign turned");
  });

  it("is known by the forget gate's 1 that was left out, also where the gates were not reordered", () => {
    const torch = random([16], 5);
    const tf = build([16], ([i = 0]) => torch[([0, 2, 1, 3][Math.floor(i / 4)] ?? 0) * 4 + (i % 4)] ?? 0);
    const wanted = torch.map((value, i) => (i >= 4 && i < 8 ? value + 1 : value));
    expect(relate(torch, wanted, [16])).toMatchObject({ kind: "blocks", order: [0, 1, 2, 3], offsets: [0, -1, 0, 0] });
    expect(relate(torch, wanted, [16]).description).toContain("1 too little on block 1 of 4");
    expect(relate(tf, wanted, [16])).toMatchObject({ kind: "blocks", order: [0, 2, 1, 3], offsets: [0, 0, -1, 0] });
    // A bias of zeros: only the 1 is there to be seen.
    const zeros = new Float32Array(16);
    const ones = zeros.map((_, i) => (i >= 4 && i < 8 ? 1 : 0));
    expect(relate(ones, zeros, [16])).toMatchObject({ kind: "blocks", offsets: [0, 1, 0, 0] });
  });

  it("is known by a factor or an offset of its own per row or column, and by directions of norm 1", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 1), (seed, axis) => {
        const shape = [5, 6];
        const wanted = random(shape, seed);
        const each = random([6], seed + 7);
        const along = (i: number): number => (each[axis === 0 ? Math.floor(i / 6) : i % 6] ?? 0) + 0.7;
        expect(
          relate(
            wanted.map((value, i) => value * along(i)),
            wanted,
            shape,
          ),
        ).toMatchObject({
          kind: "scaled-along",
          axis,
          unit: null,
        });
        expect(
          relate(
            wanted.map((value, i) => value + along(i)),
            wanted,
            shape,
          ),
        ).toMatchObject({
          kind: "offset-along",
          axis,
        });
      }),
      { numRuns: 30 },
    );
    const wanted = random([4, 9], 2);
    const norms = [0, 1, 2, 3].map((r) => Math.hypot(...wanted.subarray(r * 9, r * 9 + 9)));
    const directions = wanted.map((value, i) => value / (norms[Math.floor(i / 9)] ?? 1));
    expect(relate(directions, wanted, [4, 9])).toMatchObject({ kind: "scaled-along", axis: 0, unit: "stored" });
  });

  it("is known by float16 or bfloat16 that it went through", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const wanted = random([40], seed);
        const bits = new Uint32Array(wanted.buffer.slice(0));
        const half = new Float32Array(bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000).buffer);
        expect(relate(half, wanted, [40])).toMatchObject({ kind: "rounded", to: "bfloat16" });
      }),
      { numRuns: 20 },
    );
    // numpy: np.float16([0.1, 1/3, 2049.0, 1e-5])
    const rounded = [0.0999755859375, 0.333251953125, 2048, 1.0013580322265625e-5];
    expect(relate(rounded, [0.1, 1 / 3, 2049, 1e-5], [4])).toMatchObject({ kind: "rounded", to: "float16" });
  });

  it("is known by the standard deviation that stands where a variance belongs", () => {
    const variance = random([20], 4).map((value) => value * value + 0.01);
    expect(relate(variance.map(Math.sqrt), variance, [20])).toMatchObject({ kind: "power", exponent: 0.5 });
    expect(
      relate(
        variance.map((value) => 1 / Math.sqrt(value)),
        variance,
        [20],
      ),
    ).toMatchObject({ exponent: -0.5 });
  });

  it("is known by a moving average's distance: near everywhere, and alike in all parts", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const wanted = random([16, 16], seed);
        const drift = random([16, 16], seed + 1);
        const average = wanted.map((value, i) => value + 0.01 * (drift[i] ?? 0));
        expect(relate(average, wanted, [16, 16])).toMatchObject({ kind: "close", uniform: true });
      }),
      { numRuns: 20 },
    );
  });

  it("is known by a table that was cut off, padded, begun elsewhere or partly loaded", () => {
    const wanted = random([20, 4], 9);
    const rows = (from: number, to: number): number[] => [...wanted.subarray(from * 4, to * 4)];
    const noise = [...random([20, 4], 10)];
    const of = (stored: readonly number[]) =>
      relateValues(float32(stored, [stored.length / 4, 4]), float32([...wanted], [20, 4]));
    expect(of(rows(0, 15))).toMatchObject({ kind: "rows", stored: 15, wanted: 20, from: 0, common: 15 });
    expect(of([...rows(0, 20), ...noise.slice(0, 16)])).toMatchObject({ kind: "rows", stored: 24, common: 20 });
    expect(of(rows(2, 18))).toMatchObject({ kind: "rows", from: 2, common: 16 });
    expect(of([...noise.slice(0, 8), ...rows(0, 18)])).toMatchObject({ kind: "shifted", by: -2, cyclic: false });
    expect(of([...rows(0, 12), ...noise.slice(0, 32)])).toMatchObject({
      kind: "some-rows",
      equal: [[0, 12]],
      share: 0.6,
    });
  });
});

describe("values that have nothing to do with each other", () => {
  it("are unrelated, whatever their shape", () => {
    fc.assert(
      fc.property(
        seeds,
        fc.constantFrom([8], [24], [6, 8], [12, 12], [3, 3, 4, 4], [48, 2], [2, 3], [4, 4, 2]),
        (seed, shape) => {
          expect(relate(random(shape, seed), random(shape, seed + 1), shape).kind).toBe("unrelated");
        },
      ),
      { numRuns: 200 },
    );
  });

  it("stay so when the parameter is one number over and over: that is a fresh initialisation", () => {
    const wanted = random([6, 4], 1);
    expect(relate(new Float32Array(24), wanted, [6, 4]).kind).toBe("unrelated");
    expect(relate(new Float32Array(24).fill(1), wanted, [6, 4]).kind).toBe("unrelated");
  });

  it("stay so where a value is NaN on one side", () => {
    const wanted = random([6, 4], 1);
    const broken = wanted.map((value, i) => (i === 7 ? Number.NaN : value));
    expect(["unrelated", "some-rows"]).toContain(relate(broken, wanted, [6, 4]).kind);
  });
});

describe("equal values", () => {
  it("are the same in another dtype, in any zero, and but for rounding", () => {
    const wanted = random([5, 5], 1);
    const wide = relateValues(float64([...wanted], [5, 5]), float32([...wanted], [5, 5]));
    expect(wide).toMatchObject({ kind: "same", exact: true, undo: [] });
    expect(relate([-0, 1], [0, 1], [2])).toMatchObject({ kind: "same", exact: true });
    const rounded = wanted.map((value) => value * (1 + 1e-7));
    expect(relate(rounded, wanted, [5, 5])).toMatchObject({ kind: "same" });
  });

  it("of large tensors are judged by their first rows", () => {
    const wanted = random([40, 8], 1);
    const stored = wanted.map((value) => -value);
    const relation = relateValues(float32([...stored], [40, 8]), float32([...wanted], [40, 8]), { maxElements: 64 });
    expect(relation).toMatchObject({ kind: "scaled", factor: -1 });
  });
});

describe("the code of a repair", () => {
  it("reads as the PyTorch that undoes the relation", () => {
    const shape = [24, 4];
    const wanted = random(shape, 1);
    const of = reader(wanted, shape);
    const stored = build(shape, ([row = 0, c = 0]) =>
      of(((Math.floor(row / 4) % 3) * 2 + Math.floor(row / 12)) * 4 + (row % 4), c),
    );
    const relation = relate(stored, wanted, shape);
    expect(stepsAsPython(relation.undo ?? [], shape, "w")).toBe(
      "w.reshape(2, 3, 4, 4).permute(1, 0, 2, 3).reshape(24, 4)",
    );
  });
});
