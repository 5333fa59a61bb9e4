import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeOnnxModel } from "../../src/formats/onnx/write-model.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import type { Candidate, RecordRequest, Replacement } from "../../src/runners/candidate.js";
import { startOnnxCandidate } from "../../src/runners/onnx-candidate.js";
import { readValue } from "../../src/runners/onnx-values.js";
import { PrecisionUnsupported } from "../../src/runners/wire.js";
import { graph, node, weight } from "../onnx/graphs.js";

/** softmax(tanh(x·W + b)·V), x of 3 × 300, W of 300 × 4, V of 4 × 4. */
const WIDTH = 300;
let folder: string;
let candidate: Candidate;

const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);
const wave = (length: number, step: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(step * (i + 1)));
const [X, W, B, V] = [wave(3 * WIDTH, 0.37), wave(WIDTH * 4, 0.11), wave(4, 0.7), wave(16, 1.3)];

function start(file = join(folder, "model.onnx"), timeoutMs = 60_000): Candidate {
  return startOnnxCandidate({
    entry: file,
    weights: null,
    kwargs: {},
    python: null,
    env: {},
    seed: 0,
    threads: 1,
    timeoutMs,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-onnx-"));
  const tensor = (name: string, values: Float32Array, ...dims: number[]) => ({
    ...weight(name, ...dims),
    data: { kind: "raw" as const, bytes: bytesOf(values) },
  });
  const model = graph(
    [
      node("MatMul", "x onnx::MatMul_1", "p", { name: "/fc/MatMul" }),
      node("Add", "p fc.bias", "h", { name: "/fc/Add" }),
      node("Tanh", "h", "t", { name: "/act/Tanh" }),
      node("MatMul", "t onnx::MatMul_2", "z", { name: "/head/MatMul" }),
      node("Softmax", "z", "y", { name: "/Softmax" }),
    ],
    [tensor("onnx::MatMul_1", W, WIDTH, 4), tensor("fc.bias", B, 4), tensor("onnx::MatMul_2", V, 4, 4)],
    ["x"],
    ["y"],
  );
  // The name of a graph is field 2, the versions of operators field 8; what the reader keeps as it is.
  const named = { ...model.graph, unknown: [Uint8Array.of(0x12, 1, 0x67)] };
  const head = [Uint8Array.of(0x08, 8), Uint8Array.of(0x42, 2, 0x10, 17)];
  writeFileSync(join(folder, "model.onnx"), encodeOnnxModel({ ...model, graph: named, unknown: head }));
  writeSafetensors(join(folder, "inputs.safetensors"), [
    { name: "c0/x", dtype: "float32", shape: [3, WIDTH], data: bytesOf(X) },
  ]);
  candidate = start();
  await candidate.open();
}, 60_000);
afterAll(async () => {
  await candidate.close();
  rmSync(folder, { recursive: true, force: true });
});

let runs = 0;
/** The taps of one run, by id. */
async function run(conditions: Partial<RecordRequest> = {}): Promise<(tap: string) => Float32Array> {
  const out = join(folder, `run-${runs++}`);
  await candidate.record({
    out,
    cases: CASES(),
    taps: "all",
    precision: "float32",
    perturb: null,
    force: null,
    edits: [],
    ...conditions,
  });
  return (tap) => floats(readValue(join(out, "c0.safetensors"), tap).bytes);
}
const CASES = () => [
  {
    id: "c0",
    inputs: [{ parameter: "x", position: 0, file: join(folder, "inputs.safetensors"), tensor: "c0/x" }],
  },
];

/** x·W + b in the double arithmetic of this language. */
function firstLayer(): number[] {
  return Array.from({ length: 12 }, (_, at) => {
    const [row, column] = [Math.floor(at / 4), at % 4];
    let sum = B[column] ?? 0;
    for (let k = 0; k < WIDTH; k++) sum += (X[row * WIDTH + k] ?? 0) * (W[k * 4 + column] ?? 0);
    return sum;
  });
}

/** Replaces what the layer `act` gives by stored numbers. */
function forcing(values: Float32Array, shape: number[], rest: Partial<Replacement> = {}): { replace: Replacement[] } {
  const file = join(folder, `forced-${runs}.safetensors`);
  writeSafetensors(file, [{ name: "r", dtype: "float32", shape, data: bytesOf(values) }]);
  return { replace: [{ tap: "act", permute: null, reshape: null, files: { c0: { file, tensor: "r" } }, ...rest }] };
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (one, i) => Math.abs(one - (b[i] ?? Number.NaN))));

describe("an ONNX candidate", () => {
  it("computes what its graph says, at every layer", async () => {
    const tap = await run();
    expect(largest(tap("fc"), firstLayer())).toBeLessThan(1e-5);
    expect(largest(tap("act"), firstLayer().map(Math.tanh))).toBeLessThan(1e-5);
    const sums = [0, 1, 2].map((row) =>
      tap("(output)")
        .slice(row * 4, row * 4 + 4)
        .reduce((a, b) => a + b),
    );
    expect(largest(sums, [1, 1, 1])).toBeLessThan(1e-6);
  });

  it("records a forced layer as it was computed, and feeds its readers the original's tensor in its own form", async () => {
    const plain = await run();
    const given = Float32Array.from({ length: 12 }, (_, i) => i / 8);
    // Stored as [4, 3]: permuted, it is the layer's [3, 4].
    const tap = await run({ force: forcing(given, [4, 3], { permute: [1, 0] }) });
    expect(tap("act")).toEqual(plain("act"));
    const seen = Array.from({ length: 12 }, (_, at) => given[(at % 4) * 3 + Math.floor(at / 4)] ?? 0);
    const wanted = Array.from({ length: 12 }, (_, at) => {
      const [row, column] = [Math.floor(at / 4), at % 4];
      return [0, 1, 2, 3].reduce((sum, k) => sum + (seen[row * 4 + k] ?? 0) * (V[k * 4 + column] ?? 0), 0);
    });
    expect(largest(tap("head"), wanted)).toBeLessThan(1e-6);
  });

  it("refuses to force what does not fit, and names the tap", async () => {
    await expect(run({ force: forcing(new Float32Array(5), [5]) })).rejects.toThrow(
      "the original's tensor of shape [5] does not fit act, which is [3, 4]",
    );
  });

  it("in float64 keeps sixteen digits", async () => {
    const out = join(folder, "double");
    await candidate.record({ ...DEFAULTS(), out, precision: "float64" });
    const { dtype, bytes } = readValue(join(out, "c0.safetensors"), "fc");
    expect(dtype).toBe("float64");
    expect(largest(new Float64Array(bytes.buffer, bytes.byteOffset, 12), firstLayer())).toBeLessThan(1e-12);
  });

  it("with its sums in another order computes the same in other roundings", async () => {
    const [plain, turned] = [await run(), await run({ perturb: { kind: "permute-reductions", seed: 1 } })];
    const moved = largest(plain("fc"), turned("fc"));
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(1e-4);
    expect(turned("fc")).not.toEqual(plain("fc"));
    expect(largest(turned("(output)"), plain("(output)"))).toBeLessThan(1e-4);
  });

  it("moves every forced number by one unit in the last place, the same ones for the same seed", async () => {
    const given = wave(12, 0.9);
    const perturb = { kind: "jitter", seed: 3 } as const;
    const [plain, once, again] = [
      await run({ force: forcing(given, [3, 4]) }),
      await run({ force: forcing(given, [3, 4]), perturb }),
      await run({ force: forcing(given, [3, 4]), perturb }),
    ];
    expect(once("head")).not.toEqual(plain("head"));
    expect(largest(once("head"), plain("head"))).toBeLessThan(4 * 2 ** -23 * 4);
    expect(again("head")).toEqual(once("head"));
  });

  it("tries other weights, and refuses every change of code with the reason", async () => {
    const plain = await run();
    const transposed = { $: "call", fn: "torch.t", args: [{ $: "self" }] } as const;
    const [control, turned, refused] = await candidate.probe({
      out: join(folder, "probe"),
      cases: CASES(),
      force: null,
      experiments: [
        { id: "e0", taps: ["head"], edits: [] },
        { id: "e1", taps: ["head"], edits: [{ kind: "parameter", parameter: "head.weight", value: transposed }] },
        { id: "e2", taps: ["head"], edits: [{ kind: "attribute", module: "act", attribute: "eps", value: 1 }] },
      ],
    });
    const given = (outcome: typeof control): Float32Array => {
      const stored = outcome?.outputs.head?.c0;
      return floats(readValue(stored?.file ?? "", stored?.tensor ?? "").bytes);
    };
    expect(given(control)).toEqual(plain("head"));
    const wanted = Array.from({ length: 12 }, (_, at) => {
      const [row, column] = [Math.floor(at / 4), at % 4];
      return [0, 1, 2, 3].reduce((sum, k) => sum + (plain("act")[row * 4 + k] ?? 0) * (V[column * 4 + k] ?? 0), 0);
    });
    expect(largest(given(turned), wanted)).toBeLessThan(1e-6);
    expect([refused?.status, refused?.reason]).toEqual([
      "failed",
      "an ONNX graph has no module's attribute that could be changed",
    ]);
    // Nothing of an experiment is left behind.
    expect((await run())("head")).toEqual(plain("head"));
  });

  it("writes the weights under the names of a state dict, but for those that are where they should be", async () => {
    const checkpoint = join(folder, "checkpoint.safetensors");
    writeSafetensors(checkpoint, [{ name: "w", dtype: "float32", shape: [1, WIDTH, 4], data: bytesOf(W) }]);
    const opened = openSafetensors(checkpoint);
    const offset = opened.tensors.get("w")?.location.offset ?? 0;
    opened.close();
    const stored = { file: checkpoint, offset, dtype: "float32", shape: [1, WIDTH, 4], permute: [0, 1, 2] };
    const out = join(folder, "weights.safetensors");
    const equal = await candidate.weights(out, { "fc.weight": stored, "head.weight": stored });
    const written = openSafetensors(out);
    expect([equal, [...written.tensors.keys()]]).toEqual([["fc.weight"], ["fc.bias", "head.weight"]]);
    written.close();
  });

  it("without a float64 kernel says so by the name of the operator", async () => {
    const model = graph([node("Elu", "x", "y")], [], ["x"], ["y"]);
    const file = join(folder, "elu.onnx");
    const named = { ...model.graph, unknown: [Uint8Array.of(0x12, 1, 0x67)] };
    writeFileSync(
      file,
      encodeOnnxModel({ ...model, graph: named, unknown: [Uint8Array.of(0x08, 8), Uint8Array.of(0x42, 2, 0x10, 17)] }),
    );
    const other = start(file);
    try {
      await other.open();
      const refused = other.record({ ...DEFAULTS(), out: join(folder, "elu"), precision: "float64" });
      await expect(refused).rejects.toThrow("onnxruntime has no float64 kernel for Elu");
      await expect(refused).rejects.toBeInstanceOf(PrecisionUnsupported);
    } finally {
      await other.close();
    }
  });

  it("whose file is damaged, or that takes too long, fails as the candidate", async () => {
    const file = join(folder, "damaged.onnx");
    writeFileSync(file, Buffer.from([0x08, 8, 0x3a, 0x7f, 1]));
    const damaged = start(file);
    await expect(damaged.open()).rejects.toMatchObject({ code: "FORMAT_INVALID", where: { file, offset: 2 } });
    await damaged.close();
    const slow = start(undefined, 1);
    await expect(slow.open()).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "The candidate did not finish within 0.001 s and was stopped.",
    });
    await slow.close();
  });
});

const DEFAULTS = () => ({
  cases: CASES(),
  taps: "all" as const,
  precision: "float32" as const,
  perturb: null,
  force: null,
  edits: [],
});
