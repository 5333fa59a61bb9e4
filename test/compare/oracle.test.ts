import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparePlain } from "../../src/compare/compare-plain.js";
import { compareTensors } from "../../src/compare/compare-tensors.js";
import { logitsMetrics } from "../../src/compare/logits.js";
import { makeMetrics } from "../../src/compare/metrics.js";
import type { Bounds, Metrics } from "../../src/compare/types.js";
import type { DType, LazyTensor } from "../../src/formats/types.js";
import { runPython } from "../helpers/python.js";
import { builtKernel } from "./kernel-for-tests.js";
import { tensorOf } from "./memory-tensor.js";

interface OracleCase {
  readonly name: string;
  readonly dtypes: readonly [DType, DType];
  readonly shapes: readonly [number[], number[]];
  readonly permute: number[] | null;
  readonly bounds: Bounds;
  readonly figures: Metrics;
  readonly passesInTorch: boolean | null;
}

interface Oracle {
  readonly cases: readonly OracleCase[];
  readonly logits: Readonly<Record<"close" | "far", Record<string, number>>>;
}

const directory = mkdtempSync(join(tmpdir(), "parity-compare-"));
let oracle: Oracle;

beforeAll(async () => {
  await builtKernel();
  await runPython("test/fixtures/compare/oracle.py", [directory]);
  const revive = (_: string, value: unknown): unknown =>
    value === "inf" || value === "-inf" || value === "nan" ? Number(String(value).replace("inf", "Infinity")) : value;
  oracle = JSON.parse(readFileSync(join(directory, "cases.json"), "utf8"), revive);
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

function caseOf(name: string): OracleCase & { reference: LazyTensor; candidate: LazyTensor } {
  const found = oracle.cases.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`the oracle has no case ${name}`);
  const load = (side: "reference" | "candidate", i: 0 | 1): LazyTensor =>
    tensorOf(found.dtypes[i], found.shapes[i], readFileSync(join(directory, `${name}.${side}.bin`)), side);
  return { ...found, reference: load("reference", 0), candidate: load("candidate", 1) };
}

/** Figures that are sums, and so depend on the order of addition in their last digits. */
const SUMS = ["meanAbs", "rms", "rmsReference", "rmsCandidate", "relativeL2", "cosine", "smallestTolerance"] as const;

function expectFigures(actual: Metrics, expected: Metrics): void {
  for (const figure of SUMS) {
    if (Number.isFinite(expected[figure])) {
      const room = 1e-12 * Math.abs(expected[figure]) + (figure === "cosine" ? 1e-12 : 0);
      expect(Math.abs(actual[figure] - expected[figure]), figure).toBeLessThanOrEqual(room);
    } else expect(actual[figure], figure).toBe(expected[figure]);
  }
  if (expected.ulpP99 < 32) expect(actual.ulpP99).toBe(expected.ulpP99);
  expect(actual.ulpP99).toBeGreaterThanOrEqual(expected.ulpP99);
  expect(actual.ulpP99).toBeLessThanOrEqual(expected.ulpP99 * 1.0625 + 1);
  expect(actual.snrDb).toBeCloseTo(expected.snrDb, 9);
  const { ulpP99: _, snrDb: __, ...rest } = expected;
  const exact = Object.fromEntries(Object.entries(rest).filter(([figure]) => !SUMS.some((sum) => sum === figure)));
  expect(actual).toMatchObject(exact);
}

const NAMES = [
  "float32",
  "float32-close",
  "float32-far",
  "float32-blocks",
  "float32-special",
  "float64",
  "float64-float32",
  "float32-float64",
  "float16",
  "float32-float16",
  "bfloat16",
  "float32-bfloat16",
  "float8_e4m3fn",
  "float32-float8_e4m3fn",
  "float8_e5m2",
  "float32-float8_e5m2",
  "float16-denormal",
  "int8",
  "uint8",
  "int16",
  "int32",
  "int64",
  "bool",
  "transposed",
  "channels-first",
  "hwio-oihw",
];

describe("every figure is what numpy computes for it", () => {
  test("and no case of the oracle is left out", () => {
    expect(oracle.cases.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
  });

  test.each(NAMES)("%s", (name) => {
    const { reference, candidate, permute, bounds, figures } = caseOf(name);
    expectFigures(compareTensors(reference, candidate, { layout: { permute, reshape: null }, bounds }), figures);
  });

  test.each(NAMES.filter((name) => /^(float32|float16|bool)/.test(name)))("%s, without the kernel", (name) => {
    const { reference, candidate, bounds, figures } = caseOf(name);
    const { totals, sums } = comparePlain(reference, candidate, figures.count, bounds);
    expectFigures(makeMetrics(totals, candidate.shape, bounds, sums), figures);
  });
});

test("a pair passes its bounds here exactly when torch.testing.assert_close lets it pass", () => {
  let seen = 0;
  for (const { name, passesInTorch } of oracle.cases) {
    if (passesInTorch === null) continue;
    seen++;
    const { reference, candidate, permute, bounds } = caseOf(name);
    const { overTolerance } = compareTensors(reference, candidate, { layout: { permute, reshape: null }, bounds });
    expect(overTolerance?.count === 0, name).toBe(passesInTorch);
  }
  expect(seen).toBeGreaterThan(5);
});

test.each(["close", "far"] as const)("logits that are %s agree and diverge as torch and long doubles say", (which) => {
  const all = readFileSync(join(directory, "logits.bin"));
  const third = all.length / 3;
  const part = (i: number): LazyTensor => tensorOf("float64", [2, 6, 300], all.subarray(i * third, (i + 1) * third));
  const found = logitsMetrics(part(0), part(which === "close" ? 1 : 2));
  const { meanKl = 0, maxKl = 0, ...exact } = oracle.logits[which];
  expect(found).toMatchObject(exact);
  expect(found.meanKl / meanKl).toBeCloseTo(1, 9);
  expect(found.maxKl / maxKl).toBeCloseTo(1, 9);
});
