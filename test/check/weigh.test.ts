import { describe, expect, it } from "vitest";
import { weighParameters } from "../../src/check/weigh.js";
import type { LazyTensor, TensorFile } from "../../src/formats/types.js";
import type { CandidateDescription, ParameterDescription } from "../../src/runners/candidate.js";
import { float32 } from "../compare/memory-tensor.js";

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const KERNEL = Array.from({ length: 16 }, (_, i) => Math.sin(i * i + 1));
const OTHER = Array.from({ length: 16 }, (_, i) => Math.cos(i * 3 + 2));
const turned = (values: readonly number[]) => values.map((_, i) => values[(i % 4) * 4 + Math.floor(i / 4)] ?? 0);
const square = (values: readonly number[]): Stored => ({ shape: [4, 4], values });
const vector = (...values: readonly number[]): Stored => ({ shape: [values.length], values });

function fileOf(stored: Readonly<Record<string, Stored>>): TensorFile {
  const tensors = new Map<string, LazyTensor>(
    Object.entries(stored).map(([name, { shape, values }]) => [name, float32(values, shape, name)]),
  );
  return { path: "memory", format: "safetensors", tensors, metadata: {}, aliases: [], close: () => {} };
}

/** The facts of the port's parameters, by name; kernels belong to a module of the given layout. */
async function weigh(
  candidate: Readonly<Record<string, Stored>>,
  checkpoint: Readonly<Record<string, Stored>>,
  layout = "linear",
) {
  const parameters = Object.entries(candidate).map(([name, { shape }]): ParameterDescription => {
    const module = name.slice(0, name.lastIndexOf("."));
    const expectedLayout = shape.length === 1 ? "vector" : layout;
    return { name, module, kind: "parameter", persistent: true, dtype: "float32", shape, sameAs: null, expectedLayout };
  });
  const description: CandidateDescription = { inputs: [], modules: [], parameters, warnings: [] };
  const weighed = await weighParameters({
    description,
    candidate: fileOf(candidate),
    checkpoint: fileOf(checkpoint),
    keys: Object.keys(checkpoint),
    map: {},
  });
  return { ...weighed, facts: Object.fromEntries(weighed.facts.map((fact) => [fact.parameter, fact])) };
}

describe("how a parameter relates to its variable", () => {
  it("a square kernel is known by its values in either order, and what the module needs is said apart", async () => {
    const right = await weigh({ "a.weight": square(turned(KERNEL)) }, { "a/w": square(KERNEL) });
    expect(right.facts["a.weight"]).toMatchObject({ transform: "transposed", expected: "transposed", maxAbs: 0 });
    const wrong = await weigh({ "a.weight": square(KERNEL) }, { "a/w": square(KERNEL) });
    expect(wrong.facts["a.weight"]).toMatchObject({ transform: "same", expected: "transposed", equals: null });
  });

  it("a symmetric kernel has no wrong order, of a known layout or not", async () => {
    const symmetric = square(KERNEL.map((value, i) => value + (turned(KERNEL)[i] ?? 0)));
    for (const layout of ["linear", "conv1d", "unknown"]) {
      const { facts } = await weigh({ "a.weight": symmetric }, { "a/w": symmetric }, layout);
      expect(facts["a.weight"]?.transform).toBe(facts["a.weight"]?.expected);
    }
    const { facts } = await weigh({ "a.weight": square(KERNEL) }, { "a/w": square(KERNEL) }, "unknown");
    expect(facts["a.weight"]).toMatchObject({ transform: "same", expected: null });
  });

  it("noise on a kernel leaves it neither equal, nor turned, nor fresh", async () => {
    const noisy = square(turned(KERNEL).map((value, i) => value + 1e-3 * Math.sin(97 * i)));
    const { facts } = await weigh({ "a.weight": noisy }, { "a/w": square(KERNEL) });
    expect(facts["a.weight"]).toMatchObject({ transform: null, equals: null, fresh: null });
    expect(facts["a.weight"]?.maxAbs).toBeCloseTo(1e-3, 3);
  });

  it("values that differ in the last place are the same values", async () => {
    const close = square(turned(KERNEL).map((value) => value * (1 + 2 ** -24)));
    const { facts } = await weigh({ "a.weight": close }, { "a/w": square(KERNEL) });
    expect(facts["a.weight"]?.transform).toBe("transposed");
  });
});

describe("a parameter that holds another variable", () => {
  const checkpoint = { "a/w": square(KERNEL), "b/w": square(OTHER) };

  it("is known by it", async () => {
    const { facts } = await weigh(
      { "a.weight": square(turned(OTHER)), "b.weight": square(turned(KERNEL)) },
      checkpoint,
    );
    expect(facts["a.weight"]).toMatchObject({ transform: null, equals: "b/w", fresh: null });
    expect(facts["b.weight"]).toMatchObject({ transform: null, equals: "a/w", fresh: null });
  });

  it("is known by it in the wrong order too: a kernel can be exchanged and not transposed", async () => {
    const { facts } = await weigh({ "a.weight": square(OTHER), "b.weight": square(OTHER) }, checkpoint);
    expect(facts["a.weight"]?.equals).toBe("b/w");
  });

  it("that is one number over and over is not known by it: ones are what was never loaded", async () => {
    const { facts } = await weigh(
      { "a.weight": vector(1, 1, 1), "b.weight": vector(1, 1, 1) },
      { "a/g": vector(0.5, 2, 1), "b/g": vector(1, 1, 1) },
    );
    expect(facts["a.weight"]).toMatchObject({ equals: null, fresh: "all ones" });
    expect(facts["b.weight"]).toMatchObject({ transform: "same", fresh: null });
  });
});

describe("what belongs to nothing", () => {
  it("is listed on both sides", async () => {
    const { unassigned } = await weigh(
      { "a.weight": square(turned(KERNEL)), "extra.weight": vector(1, 2) },
      { "a/w": square(KERNEL), "lost/g": vector(1, 2, 3) },
    );
    expect(unassigned.parameters.map((one) => one.name)).toEqual(["extra.weight"]);
    expect(unassigned.keys).toEqual(["lost/g"]);
  });
});
