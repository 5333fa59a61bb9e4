import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { ParityConfig } from "../../src/config/types.js";
import type { CheckResult, Finding } from "../../src/report/types.js";
import { runPython } from "../helpers/python.js";

interface Port {
  readonly original: string;
  readonly kwargs?: Readonly<Record<string, string | number | boolean>>;
  readonly inputs?: ParityConfig["inputs"];
}

const TRANSFORMERS = ["post_norm", "unscaled", "masked"];
const PORTS = {
  // Logits agree, hidden states do not; and the same model without a fault.
  contracting: { original: "post_norm" },
  untransposed: { original: "post_norm", kwargs: { fault: "untransposed" } },
  // Other weights, the same function; two wrongs that cancel.
  storedEpsilon: { original: "image_map", kwargs: { how: "stored-epsilon" } },
  otherEpsilon: { original: "image_map", kwargs: { how: "other-epsilon" } },
  folded: { original: "image_map", kwargs: { how: "folded" } },
  parametrized: { original: "image_map", kwargs: { how: "weight-norm" } },
  turnedBack: { original: "image_map", kwargs: { how: "turned-back" } },
  turnedStem: { original: "image_map", kwargs: { how: "turned-stem" } },
  wider: { original: "image_map", kwargs: { how: "wider" } },
  wholeNumbers: { original: "image_map", kwargs: { how: "whole-numbers" } },
  halves: { original: "image_map", kwargs: { how: "halves" } },
  channelsLast: { original: "image_map", kwargs: { how: "channels-last" } },
  joined: { original: "weight_normed" },
  lengthAndDirection: { original: "weight_normed", kwargs: { how: "parametrized" } },
  keptKernels: { original: "unscaled", kwargs: { kernels: "conv1d" } },
  turnedTwice: { original: "unscaled", kwargs: { kernels: "turned" } },
  neighbouringPairs: { original: "unscaled", kwargs: { rotary: "pairs" } },
  exchangedHeads: { original: "unscaled", kwargs: { heads: "exchanged" } },
  // The original does without what the textbook has, or loses digits.
  textbook: { original: "unscaled", kwargs: { scale: "divided" } },
  textbookFused: { original: "unscaled", kwargs: { scale: "fused" } },
  precise: { original: "distances" },
  // What the test data hides.
  zeroBiases: { original: "zero_bias" },
  hiddenEpsilon: { original: "unit_variance", kwargs: { batch: 1e-6 } },
  tinyEpsilon: { original: "unit_variance", kwargs: { layer: 1e-12 } },
  unmaskedFull: {
    original: "masked",
    kwargs: { masks: false },
    inputs: { values: { ids: "ids:3x7", input_mask: "ones:3x7" } },
  },
  unmasked: { original: "masked", kwargs: { masks: false } },
  twoFaults: { original: "embedding", kwargs: { fault: "both" } },
  // What is returned.
  inside: { original: "unscaled", kwargs: { residual: "inside", returns: "tuple" } },
  logProbabilities: { original: "unscaled", kwargs: { returns: "log-probabilities" } },
  logOfSoftmax: { original: "log_softmax" },
} as const satisfies Readonly<Record<string, Port>>;

let folder: string;
const results = new Map<string, CheckResult>();

function runCheck({ original, kwargs, inputs }: Port): Promise<CheckResult> {
  const own = join(folder, original);
  const file = TRANSFORMERS.includes(original) ? "transformer_ports.py" : "other_ports.py";
  return check({
    reference: { model: join(own, "model.ckpt") },
    candidate: {
      model: `${resolve("test/fixtures/deceptive", file)}:${original}`,
      kwargs: { folder: own, ...kwargs },
    },
    threads: 1,
    ...(inputs === undefined ? {} : { inputs }),
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-deceptive-"));
  await runPython("test/fixtures/deceptive/originals.py", [folder]);
  const next: [string, Port][] = Object.entries(PORTS);
  const work = async (): Promise<void> => {
    for (let one = next.shift(); one !== undefined; one = next.shift()) results.set(one[0], await runCheck(one[1]));
  };
  await Promise.all([work(), work()]);
}, 400_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function resultOf(port: keyof typeof PORTS): CheckResult {
  const result = results.get(port);
  if (result === undefined) throw new Error(`${port} was not checked`);
  return result;
}
const pairOf = (result: CheckResult, id: string) => result.pairs.find((pair) => pair.id === id);
const outputOf = (result: CheckResult) => result.pairs.find((pair) => pair.isOutput);
const found = ({ findings }: CheckResult) => findings.map((one) => [one.status, one.cause, ...one.parameters]);
const wrong = ({ pairs }: CheckResult) => pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id);

/** The text of the line that a finding points at. */
function lineOf(finding: Finding | undefined): string {
  const source = finding?.source ?? null;
  return source === null ? "" : (readFileSync(source.file, "utf8").split("\n")[source.line - 1] ?? "").trim();
}

/** Right: nobody is accused, no weight differs, and the outputs were compared. */
function expectParity(result: CheckResult): void {
  expect(result.verdict).toBe("parity");
  expect(result.findings).toEqual([]);
  expect(result.weights.filter((weight) => weight.verdict === "differs")).toEqual([]);
  expect(["identical", "within-noise"]).toContain(outputOf(result)?.verdict);
}

function expectOneConfirmed(result: CheckResult, cause: string, ...parameters: string[]): void {
  expect(result.verdict).toBe("mismatch");
  expect(found(result)).toEqual([["confirmed", cause, ...parameters]]);
  expect(result.summary.afterRepairs?.verdict).toBe("parity");
}

describe("a model that forgets what went wrong in it", () => {
  it("is a mismatch although its logits agree to the last digits: the layer is found and the kernel named", () => {
    const result = resultOf("untransposed");
    expect(outputOf(result)?.metrics?.relativeL2).toBeLessThan(1e-6);
    expect(wrong(result)).toEqual(["layers.1.attention.output"]);
    expectOneConfirmed(result, "transposed-weight", "layers.1.attention.output.weight");
  });

  it("is parity when it is right, although its tensors are off by more than the usual tolerance of 1e-5", () => {
    const result = resultOf("contracting");
    expectParity(result);
    expect(Math.max(...result.pairs.map((pair) => pair.metrics?.maxAbs?.value ?? 0))).toBeGreaterThan(1e-5);
    expect(result.summary.weights["equal-by-function"]).toBe(0);
  });
});

describe("weights that differ on purpose", () => {
  it("a variance in which another epsilon is stored is no fault, the epsilon alone is one", () => {
    const right = resultOf("storedEpsilon");
    expectParity(right);
    expect(pairOf(right, "norm")?.verdict).toBe("within-noise");
    const variance = right.weights.find((weight) => weight.candidate === "norm.running_var");
    expect(variance?.verdict).toBe("equal-by-function");
    const result = resultOf("otherEpsilon");
    expectOneConfirmed(result, "norm-epsilon");
    expect(result.findings[0]?.message).toMatch(/original uses ε 0\.001 .*port 1e-5/);
  });

  it("a batch norm folded into the convolution before it accuses neither", () => {
    const result = resultOf("folded");
    expectParity(result);
    expect(pairOf(result, "stem")?.verdict).not.toBe("mismatch");
    expect(pairOf(result, "body")?.verdict).toBe("within-noise");
  });

  it("weight normalisation on one side only, or on both with other lengths of the direction", () => {
    for (const port of ["parametrized", "joined", "lengthAndDirection"] as const) expectParity(resultOf(port));
    expect(pairOf(resultOf("joined"), "dense_1")?.verdict).toBe("within-noise");
  });

  it("kernels that stay [in, out] in modules that multiply so are not called un-transposed", () => {
    const result = resultOf("keptKernels");
    expectParity(result);
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
    expect(pairOf(result, "layers.1.attention.output")?.verdict).toBe("within-noise");
  });

  it.each([
    ["neighbouringPairs", ["query", "key"]],
    ["exchangedHeads", ["query", "key", "value", "output"]],
  ] as const)("%s: rows of other features with a function that expects them so", (port, layers) => {
    const result = resultOf(port);
    expectParity(result);
    const other = result.weights.filter((weight) => weight.verdict !== "equal");
    expect(other.map((weight) => [weight.candidate, weight.verdict])).toEqual(
      [0, 1].flatMap((i) => layers.map((name) => [`layers.${i}.attention.${name}.weight`, "equal-by-function"])),
    );
    // What the rows give cannot be compared, and is said to be another tensor.
    expect(pairOf(result, "layers.0.attention.query")?.note).toContain("not the same tensor");
    expect(pairOf(result, "layers.0.attention.output")?.verdict).toBe("within-noise");
  });
});

describe("test data that hides a fault", () => {
  it("biases of zeros are the same in every order of the gates: what passing did not cover names them", () => {
    const result = resultOf("zeroBiases");
    expect(result.verdict).toBe("parity");
    const said = result.summary.notCovered.filter((text) => text.startsWith("the order within parameters"));
    expect(said).toHaveLength(1);
    for (const name of ["gru.bias_ih_l0", "gru.bias_hh_l0"]) expect(said[0]).toContain(name);
  });

  it("an epsilon that moves the sixth digit is found", () => {
    const result = resultOf("hiddenEpsilon");
    expect(wrong(result)).toEqual(["bn"]);
    expectOneConfirmed(result, "norm-epsilon");
  });

  it("an epsilon that moves the seventh digit is found, or is said not to show in these inputs", () => {
    const { findings, summary } = resultOf("tinyEpsilon");
    const named = findings.some((one) => one.cause === "norm-epsilon" && one.pair === "ln");
    expect(named || summary.notCovered.some((text) => /epsilon|ε/.test(text))).toBe(true);
  });

  it("a mask that hides nothing passes with a warning, and the generated cases have padding that shows it", () => {
    const full = resultOf("unmaskedFull");
    expect(full.verdict).toBe("parity");
    expect(full.summary.notCovered.join("\n")).toMatch(/padded rows: input_mask never hid anything/);
    expectOneConfirmed(resultOf("unmasked"), "attention-mask");
  });
});

describe("an original that is quirky or noisy", () => {
  it("without 1/√d is right as it is; a port with the textbook's scale is told to leave it out", () => {
    expectParity(resultOf("turnedTwice"));
    const result = resultOf("textbook");
    expectOneConfirmed(result, "attention-scale");
    expect(result.findings[0]?.pairs).toEqual(["layers.0.attention.output", "layers.1.attention.output"]);
    expect(result.findings[0]?.message).toMatch(/original does not scale/);
    expect(lineOf(result.findings[0])).toContain("scores / math.sqrt(width // self.heads)");
  });

  it("and one that calls the fused attention is told to pass a scale of 1", () => {
    const result = resultOf("textbookFused");
    expectOneConfirmed(result, "attention-scale");
    expect(lineOf(result.findings[0])).toContain("F.scaled_dot_product_attention(q, k, v)");
    expect(result.findings[0]?.rewrite?.after ?? result.findings[0]?.fix).toMatch(/scale=1/);
  });

  it("that cancels digits is no mismatch of a port that does not, and the reason is told", () => {
    const result = resultOf("precise");
    expectParity(result);
    const codes = pairOf(result, "codes");
    expect(codes?.local?.metrics.relativeL2).toBeGreaterThan(1e-6);
    expect(codes?.noise?.ratio).toBeGreaterThan(10);
    expect(codes?.float64?.verdict).toBe("rounding");
    expect(result.summary.warnings.join("\n")).toMatch(/codes differs by more than its measured noise.*rounding/);
  });
});

describe("a fault behind a fault", () => {
  it("is found too: the wrong order of flattening, and the relu that nobody missed behind it", () => {
    const result = resultOf("twoFaults");
    expect(found(result).sort()).toEqual([
      ["confirmed", "extra-op"],
      ["confirmed", "flatten-order"],
    ]);
    expect(result.firstDivergence).toBe("fc1");
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });

  it("and each points at its own line, although the user's class is called as one of torch's", () => {
    const { findings } = resultOf("twoFaults");
    expect(lineOf(findings.find((one) => one.cause === "flatten-order"))).toContain("x.flatten(1) if self.fault");
    expect(lineOf(findings.find((one) => one.cause === "extra-op"))).toContain("F.relu(x) if self.fault");
  });
});

describe("two wrongs that cancel", () => {
  it("height and width exchanged in the input, the kernels and the output is parity with a note at the kernels", () => {
    const result = resultOf("turnedBack");
    expectParity(result);
    // Of images that are not square, or it would prove nothing.
    const shapes = result.cases.map((one) => one.inputs[0]?.shape ?? []);
    expect(shapes.every(([, height, width]) => height !== width)).toBe(true);
    const odd = result.weights.filter((weight) => weight.verdict !== "equal");
    expect(odd.map((weight) => [weight.candidate, weight.verdict])).toEqual([
      ["stem.weight", "equal-by-function"],
      ["body.weight", "equal-by-function"],
    ]);
    for (const weight of odd) expect(weight.note).toMatch(/another orientation/);
  });

  it("the kernel alone is a mismatch", () => {
    const result = resultOf("turnedStem");
    expect(wrong(result)).toEqual(["stem"]);
    expectOneConfirmed(result, "permuted-kernel", "stem.weight");
  });

  it("a kernel that nobody transposed, transposed where it is used, is right", () => {
    const result = resultOf("turnedTwice");
    expectParity(result);
    expect(result.pairs.filter((pair) => pair.verdict === "not-compared")).toEqual([]);
  });
});

describe("a comparison of the wrong things", () => {
  it("a module that adds the residual itself, in a port that returns a tuple: no accusation, and the logits are compared", () => {
    const result = resultOf("inside");
    expectParity(result);
    for (const i of [0, 1]) {
      expect(pairOf(result, `layers.${i}.mlp`)?.verdict).toBe("not-compared");
      expect(pairOf(result, `layers.${i}.mlp`)?.note).toContain("not the same tensor");
      expect(pairOf(result, `layers.${i}.mlp.down`)?.verdict).toBe("within-noise");
    }
  });

  it("log-probabilities for logits are a matter of the output alone", () => {
    const result = resultOf("logProbabilities");
    expect(wrong(result)).toEqual(["(output)"]);
    expectOneConfirmed(result, "logits-vs-probabilities");
    expect(lineOf(result.findings[0])).toContain("logits.log_softmax(-1)");
  });

  it("the logarithm of a softmax is a log-softmax, in a dict as well", () => {
    const result = resultOf("logOfSoftmax");
    expectParity(result);
  });

  it("a map with its channels last, given by a port that takes images so, is the same map", () => {
    const result = resultOf("channelsLast");
    expectParity(result);
    expect(outputOf(result)?.layout.permute).toBeNull();
    expect(pairOf(result, "stem")?.layout.permute).toEqual([0, 3, 1, 2]);
  });
});

describe("numbers in another type", () => {
  it("to float64 and back is right", () => expectParity(resultOf("wider")));

  it("whole numbers lose the fractions: the cast is named, and left out", () => {
    const result = resultOf("wholeNumbers");
    expectOneConfirmed(result, "input-dtype");
    expect(lineOf(result.findings[0])).toBe("x = x.to(torch.int32).float()");
    expect(result.findings[0]?.rewrite?.after.trim()).toBe("x = x");
  });

  it("16 bits lose digits: the cast is named, and left out", () => {
    const result = resultOf("halves");
    expectOneConfirmed(result, "tf32-or-reduced-precision");
    expect(lineOf(result.findings[0])).toBe("x = x.half().float()");
  });
});
