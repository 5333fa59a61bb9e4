import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";

/** Originals by the file that holds their ports. */
const ORIGINALS = {
  port_dense: ["square", "layer_norm", "gelu", "attention", "stack", "masked_attention"],
  port_images: ["flatten", "strided", "batch_norm", "resize", "transposed", "depthwise", "pools"],
  port_recurrent: ["lstm", "gru", "gru_before", "masked_lstm"],
} as const;
const NAMES = Object.values(ORIGINALS).flat();

/** A fault: its original and name, its cause, the pair where it first shows, and its line (of code) or its parameters (of weights). */
type Miniature = readonly [original: string, fault: string, cause: string, pair: string, place: RegExp];

// Numbered as in the collection of real bugs that they are taken from; two have more than one form.
const TWELVE: readonly Miniature[] = [
  ["square", "not-transposed", "transposed-weight", "encoder", /^encoder\.weight$/], // 1
  ["flatten", "channels-first", "flatten-order", "fc1", /self\.fc1\(x\.flatten\(1\)\)/], // 2
  ["strided", "symmetric", "padding-same", "stem", /nn\.Conv2d\(3, 6, 3, stride=2, padding=1\)|self\.stem\(/], // 3
  ["batch_norm", "default-epsilon", "norm-epsilon", "bn", /nn\.BatchNorm2d\(16\)|self\.bn\(/], // 4
  ["layer_norm", "default-epsilon", "norm-epsilon", "norm", /nn\.LayerNorm\(32\)|self\.norm\(/], // 5
  ["lstm", "forget-bias", "forget-bias", "rnn[0]", /^rnn\.bias_[ih]h_l0$/], // 6
  ["lstm", "gate-order", "gate-order", "rnn[0]", /^rnn\.(weight|bias)_[ih]h_l0$/], // 6, a naive copy
  ["gru", "gate-order", "gate-order", "gru[0]", /^gru\.(weight|bias)_[ih]h_l0$/], // 7 (a)
  ["gru", "biases-summed", "recurrent-bias", "gru[0]", /^gru\.bias_[ih]h_l0$/], // 7 (b)
  ["gelu", "erf", "gelu-approximation", "layers.0.output", /F\.gelu\(inner\)/], // 8
  ["masked_lstm", "not-packed", "missing-op", "scores", /self\.rnn\(frames\)/], // 9
  ["resize", "half-pixel", "resize-grid", "decoder", /F\.interpolate\(/], // 10
  ["attention", "interleaved", "qkv-layout", "attention.attention_output", /^attention\.qkv\.(weight|bias)$/], // 11
  ["attention", "width-first", "head-layout", "attention.attention_output", /unflatten\(2, \(4, 3\)\)/], // 11, heads split as (N, H)
  ["attention", "not-scaled", "attention-scale", "attention.attention_output", /q @ k|scores\.softmax/], // 11, no scale
  ["transposed", "start-cropped", "transposed-conv-padding", "up", /output_padding=1|self\.up\(/], // 12
];
const SPARES: readonly Miniature[] = [
  ["depthwise", "multiplier-first", "permuted-kernel", "separable", /^separable\.weight$/],
  ["pools", "zeros", "pool-padding", "out", /nn\.MaxPool2d|F\.pad|self\.pool1\(/],
  ["pools", "counted", "pool-padding", "out", /nn\.AvgPool2d|self\.pool2\(/],
  ["stack", "sorted-names", "layer-order", "layers.2", /^layers\.([2-9]|1[01])\.(weight|bias)$/],
  ["masked_attention", "1e4", "attention-mask", "attention.output", /-1e4|scores\.softmax/],
  ["masked_attention", "infinite", "attention-mask", "attention.output", /masked_fill|scores\.softmax/],
];
/** Keras' reset gate before the product: no weights of nn.GRU give it. Miniature 7 (c). */
const NOT_CONVERTIBLE = ["gru_before", "fused"] as const;

let folder: string;
const results = new Map<string, Promise<CheckResult>>();
const lanes: Promise<void>[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-miniatures-"));
  await runPython("test/fixtures/miniatures/original.py", [folder]);
  const faults = [...TWELVE, ...SPARES, NOT_CONVERTIBLE].map(([name, fault]) => [name, fault] as const);
  const jobs = [...faults, ...NAMES.map((name) => [name, ""] as const)];
  // Two at a time, in the order of the tests, each of which waits for its own.
  for (const [i, job] of jobs.entries()) {
    const result = (lanes[i % 2] ?? Promise.resolve()).then(() => checkPort(...job));
    results.set(job.join(":"), result);
    lanes[i % 2] = result.then(
      () => undefined,
      () => undefined,
    );
  }
}, 120_000);
afterAll(async () => {
  await Promise.all(lanes);
  rmSync(folder, { recursive: true, force: true });
}, 240_000);

function checkPort(name: string, fault: string): Promise<CheckResult> {
  const original = join(folder, name);
  const port = Object.entries(ORIGINALS).find(([, names]) => names.some((one) => one === name))?.[0] ?? "";
  const model = `${ROOT}test/fixtures/miniatures/${port}.py:build`;
  const files = readdirSync(original).filter((file) => file.startsWith("inputs-"));
  return check({
    reference: join(original, "model.ckpt"),
    candidate: { model, kwargs: { folder: original, name, fault } },
    // Sizes of either parity, padded rows: where an original has inputs of its own, they are those.
    inputs: files.length === 0 ? {} : { files: files.sort().map((file) => join(original, file)) },
    threads: 1,
  });
}

function resultOf(name: string, fault: string): Promise<CheckResult> {
  const result = results.get(`${name}:${fault}`);
  if (result === undefined) throw new Error(`${name} with ${fault} was not checked`);
  return result;
}

/** The line of the user's code that the first finding points at. */
function lineOf(result: CheckResult): string {
  const source = result.findings[0]?.source;
  if (source === null || source === undefined) return "";
  return readFileSync(source.file, "utf8").split("\n")[source.line - 1] ?? "";
}

async function expectConfirmed([name, fault, cause, pair, place]: Miniature): Promise<void> {
  const result = await resultOf(name, fault);
  expect(result.verdict).toBe("mismatch");
  expect(result.findings.map((one) => [one.cause, one.status, one.pair])).toEqual([[cause, "confirmed", pair]]);
  const parameters = result.findings[0]?.parameters ?? [];
  if (place.source.startsWith("^")) expect(parameters[0]).toMatch(place);
  else expect(lineOf(result)).toMatch(place);
  for (const parameter of parameters) expect(parameter).toMatch(place);
  expect(result.summary.afterRepairs?.verdict).toBe("parity");
}

describe("a fault that real conversions had is named, placed, proved, and its repair brings parity", () => {
  it.each(TWELVE)("%s, %s: %s at %s", (...miniature) => expectConfirmed(miniature));
  it.each(SPARES)("%s, %s: %s at %s", (...miniature) => expectConfirmed(miniature));

  it("padding of a strided convolution is wrong at the even size and right at the odd one", async () => {
    const stem = (await resultOf("strided", "symmetric")).pairs.find((pair) => pair.id === "stem");
    expect(stem?.worstCase).toBe("c0");
  });

  it("gelu of the other kind in every layer is one finding with four places", async () => {
    const [finding] = (await resultOf("gelu", "erf")).findings;
    expect(finding?.pairs).toEqual([0, 1, 2, 3].map((i) => `layers.${i}.output`));
  });

  it("a GRU whose reset gate acts before the product is said not to be convertible to nn.GRU, and nobody else is suspected", async () => {
    const { findings, summary, verdict } = await resultOf(...NOT_CONVERTIBLE);
    expect(verdict).toBe("mismatch");
    expect(findings.map((one) => [one.cause, one.status, one.pair])).toEqual([
      ["recurrent-bias", "suspected", "gru[0]"],
    ]);
    expect(findings[0]?.message).toMatch(/^gru is not convertible to GRU: write the cell/);
    expect(summary.afterRepairs).toBeNull();
  });
});

describe("the same port without its fault is parity, and nothing is suspected", () => {
  it.each(NAMES)("%s", async (name) => {
    const { findings, verdict } = await resultOf(name, "");
    expect(findings).toEqual([]);
    expect(verdict).toBe("parity");
  });
});
