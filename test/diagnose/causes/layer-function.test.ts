import { describe, expect, it } from "vitest";
import { makeRewrite } from "../../../src/check/write-rewrite.js";
import { seeActivationFunction } from "../../../src/diagnose/causes/activation-function.js";
import { seeAttentionScale } from "../../../src/diagnose/causes/attention-scale.js";
import { seeConstantPrecision } from "../../../src/diagnose/causes/constant-precision.js";
import { seeDoubleSoftmax } from "../../../src/diagnose/causes/double-softmax.js";
import { seeExtraOp } from "../../../src/diagnose/causes/extra-op.js";
import { seeGeluApproximation } from "../../../src/diagnose/causes/gelu-approximation.js";
import { seeLogitsVsProbabilities } from "../../../src/diagnose/causes/logits-vs-probabilities.js";
import { seeMissingBias } from "../../../src/diagnose/causes/missing-bias.js";
import { seeMissingResidual } from "../../../src/diagnose/causes/missing-residual.js";
import { seeNormEpsilon } from "../../../src/diagnose/causes/norm-epsilon.js";
import { seeNormEpsilonPlacement } from "../../../src/diagnose/causes/norm-epsilon-placement.js";
import { seeScalarFactor } from "../../../src/diagnose/causes/scalar-factor.js";
import { seeVarianceDdof } from "../../../src/diagnose/causes/variance-ddof.js";
import { LAYER_CAUSES } from "../../../src/diagnose/layer-causes.js";
import { GELU_ERF, GELU_TANH } from "../../../src/diagnose/residual/activations.js";
import type { Situation, TensorValue } from "../../../src/diagnose/situation.js";
import type { Hypothesis } from "../../../src/diagnose/types.js";
import type { Pattern } from "../../../src/tensorflow/evidence/types.js";
import { noise, type Scene, situationOf, tensor } from "../situations.js";

const X = tensor([4, 8], noise(32, 3));
const map = (value: TensorValue, f: (x: number, i: number) => number): TensorValue =>
  tensor(
    value.shape,
    [...value.data].map((x, i) => Math.fround(f(x, i))),
  );
const rows = (value: TensorValue, f: (row: number[]) => number[]): TensorValue =>
  tensor(
    value.shape,
    [0, 1, 2, 3].flatMap((i) => f([...value.data.slice(8 * i, 8 * i + 8)])),
  );
const softmax = (value: TensorValue): TensorValue =>
  rows(value, (row) => {
    const shares = row.map(Math.exp);
    const sum = shares.reduce((a, b) => a + b);
    return shares.map((share) => share / sum);
  });
const layerNorm = (value: TensorValue, epsilon: number): TensorValue =>
  rows(value, (row) => {
    const mean = row.reduce((a, b) => a + b) / 8;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / 8;
    return row.map((x) => (x - mean) / Math.sqrt(variance + epsilon));
  });

const normalisation = (more: object): Pattern =>
  ({
    kind: "normalisation",
    variant: "layer",
    input: "x",
    output: "model/ln/add",
    nodes: [],
    epsilon: { value: 9.999999747378752e-6, node: "model/ln/y" },
    placement: "inside",
    axes: [-1],
    groups: null,
    mean: null,
    variance: null,
    scale: null,
    offset: null,
    ...more,
  }) as Pattern;

const first = (found: readonly Hypothesis[]): Hypothesis => {
  const best = found[0];
  if (best === undefined) throw new Error("nothing was proposed");
  return best;
};
const rewritten = (hypothesis: Hypothesis, line: string): string | null =>
  hypothesis.rewrite == null ? null : (makeRewrite(hypothesis.rewrite, () => line)?.after ?? null);
const scene = (more: Partial<Scene> & Pick<Scene, "steps" | "reference">): Situation =>
  situationOf({ given: { x: X }, ...more });

describe("epsilon", () => {
  const call = (name: string, moduleType = "LayerNorm", kwargs = {}): Situation =>
    scene({
      steps: [
        {
          name,
          args: ["x", [8]],
          names: ["input", "normalized_shape", "weight", "bias", "eps"],
          kwargs: { eps: 1e-12, ...kwargs },
          output: "y",
          value: layerNorm(
            map(X, (x) => x / 1000),
            1e-12,
          ),
          moduleType,
        },
      ],
      reference: layerNorm(
        map(X, (x) => x / 1000),
        1e-5,
      ),
      patterns: [normalisation({})],
    });

  it("of the original is suggested as its code has it, with both places, and edits the argument alone", () => {
    const best = first(seeNormEpsilon(call("layer_norm")));
    expect(best.message).toBe("the original uses ε 1e-5 (model/ln/y), the port 1e-12 (port.py:3)");
    expect(best.prior).toBeGreaterThanOrEqual(0.9);
    expect(best.repairs).toEqual([
      {
        kind: "edit",
        edit: {
          kind: "op",
          op: { module: "layer", call: 1, index: 0, name: "layer_norm" },
          value: { $: "original", arguments: { eps: 1e-5 } },
        },
      },
    ]);
  });

  it.each([
    ["self.ln = nn.LayerNorm(d, eps=1e-12)", "self.ln = nn.LayerNorm(d, eps=1e-5)"],
    ["self.ln = nn.LayerNorm(d, 1e-12)", "self.ln = nn.LayerNorm(d, 1e-5)"],
    ["self.ln = nn.LayerNorm(d, eps=config.eps)", "self.ln = nn.LayerNorm(d, eps=1e-5)"],
  ])("is put into the user's own line: %s", (line, after) => {
    expect(rewritten(first(seeNormEpsilon(call("layer_norm"))), line)).toBe(after);
  });

  it("that a line leaves to torch's default is added to it", () => {
    const best = first(seeNormEpsilon(call("layer_norm", "LayerNorm", { eps: 1e-5 })));
    expect(best.message).not.toContain("1e-5 (model/ln/y)");
    const added = scene({
      steps: [
        {
          name: "layer_norm",
          args: ["x", [8]],
          names: ["input", "normalized_shape"],
          output: "y",
          value: X,
          moduleType: "LayerNorm",
        },
      ],
      reference: X,
      patterns: [normalisation({ epsilon: { value: 0.001, node: "e" } })],
    });
    expect(rewritten(first(seeNormEpsilon(added)), "self.ln = nn.LayerNorm(d)")).toBe(
      "self.ln = nn.LayerNorm(d, eps=0.001)",
    );
  });

  it("is solved from the values where the graph does not tell, and the figures say so", () => {
    const small = map(X, (x) => x / 20);
    const situation = situationOf({
      given: { x: small },
      steps: [
        {
          name: "layer_norm",
          args: ["x", [8]],
          names: ["input", "normalized_shape"],
          output: "y",
          value: layerNorm(small, 1e-5),
        },
      ],
      reference: layerNorm(small, 3e-3),
    });
    const best = first(seeNormEpsilon(situation));
    expect(best.evidence.join()).toMatch(/solving for ε gives 0\.00300\d* in all 4 groups/);
    expect(best.message).toContain("the original uses ε 0.003");
  });

  it("in a formula is the number, and moves where the original has it outside of the root", () => {
    const steps: Scene["steps"] = [
      { name: "var", args: ["x"], output: "v", value: tensor([4, 1], [1, 2, 3, 4]) },
      { name: "add", args: ["v", 1e-6], output: "s", value: tensor([4, 1], [1, 2, 3, 4]) },
      { name: "sqrt", args: ["s"], output: "r", value: tensor([4, 1], [1, 1.4, 1.7, 2]) },
      { name: "div", args: ["x", "r"], output: "y", value: X },
    ];
    const inside = scene({ steps, reference: X, patterns: [normalisation({ epsilon: { value: 1e-3, node: "e" } })] });
    expect(first(seeNormEpsilon(inside)).repairs).toEqual([
      {
        kind: "edit",
        edit: {
          kind: "op",
          op: { module: "layer", call: 1, index: 1, name: "add" },
          value: { $: "original", arguments: { "1": 0.001 } },
        },
      },
    ]);
    expect(seeNormEpsilonPlacement(inside).every((one) => one.prior < 0.5)).toBe(true);
    const outside = scene({
      steps,
      reference: X,
      patterns: [normalisation({ placement: "outside", epsilon: { value: 1e-3, node: "e" } })],
    });
    const best = first(seeNormEpsilonPlacement(outside));
    expect(best.message).toContain("√v + ε with ε 0.001 (e), the port by √(v + ε)");
    expect(rewritten(best, "y = x / torch.sqrt(v + 1e-6)")).toBe("y = x / (torch.sqrt(v) + 0.001)");
  });
});

describe("the variance", () => {
  it("that torch divides by n − 1 is told by its ratio, and by its line", () => {
    const v = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const situation = situationOf({
      given: { x: tensor([12, 8], noise(96)) },
      steps: [
        {
          name: "var",
          args: ["x", -1],
          names: ["input", "dim"],
          kwargs: { keepdim: true },
          output: "v",
          value: tensor([12, 1], v),
        },
      ],
      reference: tensor(
        [12, 1],
        v.map((one) => (one * 7) / 8),
      ),
    });
    const best = first(seeVarianceDdof(situation));
    expect(best.evidence).toEqual(["the original's target is 0.875000 times it, 7/8"]);
    expect(rewritten(best, "v = x.var(-1, keepdim=True)")).toBe("v = x.var(-1, keepdim=True, unbiased=False)");
    expect(rewritten(best, "v = x.var(-1, unbiased=True)")).toBe("v = x.var(-1, unbiased=False)");
  });
});

describe("activations", () => {
  const wide = tensor([16, 32], noise(512, 4));
  const site = (name: string, value: TensorValue, reference: TensorValue, more: Partial<Scene> = {}): Situation =>
    situationOf({
      given: { x: wide },
      steps: [{ name, args: ["x"], names: ["input", "approximate"], output: "y", value }],
      reference,
      ...more,
    });

  it("gelu by erf for gelu by tanh is named by the original's values alone, and its line is mended", () => {
    const best = first(seeGeluApproximation(site("gelu", map(wide, GELU_ERF.at), map(wide, GELU_TANH.at))));
    expect(best.message).toContain("the original computes gelu by tanh");
    expect(best.prior).toBeGreaterThan(0.8);
    expect(rewritten(best, "return self.c_proj(F.gelu(self.c_fc(x)))")).toBe(
      'return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))',
    );
  });

  it("a formula over several lines is recognised and replaced as a whole", () => {
    const half = map(wide, (x) => x / Math.SQRT2);
    const situation = situationOf({
      given: { x: wide },
      steps: [
        { name: "div", args: ["x", Math.SQRT2], output: "h", value: half },
        { name: "erf", args: ["h"], output: "e", value: map(wide, (x) => (2 * GELU_ERF.at(x)) / x - 1) },
        { name: "mul", args: ["x", "e"], output: "y", value: map(wide, GELU_ERF.at) },
      ],
      reference: map(wide, GELU_TANH.at),
    });
    const best = first(seeGeluApproximation(situation));
    expect(best.repairs).toMatchObject([{ edit: { op: { index: 2 }, value: { $: "call", fn: "F.gelu" } } }]);
  });

  it("another slope is read off the values", () => {
    const leaky = (slope: number) => map(wide, (x) => (x > 0 ? x : slope * x));
    const best = first(seeActivationFunction(site("leaky_relu", leaky(0.01), leaky(0.2))));
    expect(best.message).toContain(
      "leaky relu with slope 0.2 (target), the port leaky relu with slope 0.01 (port.py:10)",
    );
    expect(rewritten(best, "x = F.leaky_relu(x)")).toBe("x = F.leaky_relu(x, 0.2)");
  });

  it("a relu too many is left out, and the negative values of the original say why", () => {
    const best = first(
      seeExtraOp(
        site(
          "relu",
          map(wide, (x) => Math.max(0, x)),
          wide,
        ),
      ),
    );
    expect(best.evidence.join()).toContain("the port's stop at 0");
    expect(rewritten(best, "x = F.relu(self.bn(x))")).toBe("x = self.bn(x)");
  });
});

describe("factors", () => {
  it("between all elements are measured, named, and put in place of the number", () => {
    const situation = scene({
      steps: [{ name: "mul", args: ["x", 2], output: "y", value: map(X, (x) => 2 * x) }],
      reference: map(X, (x) => x * Math.sqrt(8)),
    });
    const best = first(seeScalarFactor(situation));
    expect(best.message).toMatch(/multiplies the result by 2\.82843 = √8, the port by 2 \(port\.py:10\)/);
    expect(rewritten(best, "y = x * 2")).toBe("y = x * 2.82843");
  });

  it("of attention scores are the original's: where it has none the port's is dropped", () => {
    const scores = tensor([4, 4], noise(16));
    const situation = situationOf({
      given: { q: X, k: X },
      steps: [
        { name: "matmul", args: ["q", "k"], output: "s", value: scores },
        { name: "div", args: ["s", Math.sqrt(8)], output: "t", value: map(scores, (x) => x / Math.sqrt(8)) },
        { name: "softmax", args: ["t", -1], output: "p", value: scores },
      ],
      reference: scores,
    });
    const best = first(seeAttentionScale(situation));
    expect(best.message).toContain(
      "the original does not scale the attention scores, the port multiplies by 0.35355339 = 1/√8",
    );
    expect(best.prior).toBeGreaterThan(first(seeScalarFactor(situation)).prior);
  });

  it("rounded in the original are suggested as rounded", () => {
    const situation = scene({
      steps: [{ name: "mul", args: ["x", Math.sqrt(3072)], output: "y", value: map(X, (x) => x * Math.sqrt(3072)) }],
      reference: map(X, (x) => x * 55.5),
      constants: { "embed/scale": 55.5 },
    });
    expect(first(seeConstantPrecision(situation)).message).toContain(
      "the original's constant is 55.5 (embed/scale), which is it rounded to bfloat16",
    );
  });
});

describe("what one side lacks", () => {
  it("a residual is the earlier tensor that the difference equals", () => {
    const f = map(X, Math.tanh);
    const situation = scene({
      steps: [{ name: "tanh", args: ["x"], output: "y", value: f }],
      reference: map(X, (x) => x + Math.tanh(x)),
    });
    const best = first(seeMissingResidual(situation));
    expect(best.message).toContain("the original adds the output of before.x");
    expect(best.repairs).toMatchObject([
      { edit: { kind: "output", value: { fn: "torch.add", args: [{ $: "self" }, { $: "tap", tap: "before.x" }] } } },
    ]);
  });

  it("a residual added twice is taken away once", () => {
    const situation = scene({
      steps: [{ name: "add", args: ["x", "x"], output: "y", value: map(X, (x) => 2 * x) }],
      reference: X,
    });
    expect(
      seeMissingResidual(situation)
        .map((one) => one.message)
        .join("\n"),
    ).toContain("once more than the original");
  });

  it("a bias is the variable of the checkpoint that the difference equals", () => {
    const bias = noise(8, 1, 5);
    const situation = scene({
      steps: [{ name: "linear", args: ["x"], output: "y", value: X }],
      reference: map(X, (x, i) => x + (bias[i % 8] ?? 0)),
      variables: { "dense/bias": tensor([8], bias), "dense/other": tensor([8], noise(8, 1, 6)) },
    });
    const found = seeMissingBias(situation);
    expect(found).toHaveLength(1);
    expect(first(found).message).toContain("the original adds the bias dense/bias");
  });

  it("a second softmax is left out, a last one turned into logits", () => {
    const shares = softmax(X);
    const twice = scene({
      steps: [
        { name: "softmax", args: ["x", -1], output: "p", value: shares },
        { name: "softmax", args: ["p", -1], output: "y", value: softmax(shares) },
      ],
      reference: shares,
      isOutput: true,
    });
    expect(first(seeDoubleSoftmax(twice)).repairs).toMatchObject([{ edit: { op: { index: 1 } } }]);
    const once = scene({
      steps: [{ name: "softmax", args: ["x", -1], output: "y", value: shares }],
      reference: X,
      isOutput: true,
    });
    const best = first(seeLogitsVsProbabilities(once));
    expect(best.message).toContain("the original gives logits, the port probabilities");
    expect(rewritten(best, "return torch.softmax(x, dim=-1)")).toBe("return x");
    expect(seeDoubleSoftmax(once)).toEqual([]);
  });
});

describe("every cause", () => {
  it("is silent or modest about two things that have nothing to do with each other: nothing claims to have read it", () => {
    const situation = scene({
      steps: [{ name: "relu", args: ["x"], output: "y", value: map(X, (x) => Math.max(0, x)) }],
      reference: tensor([4, 8], noise(32, 3, 9)),
    });
    for (const see of LAYER_CAUSES)
      for (const one of see(situation)) expect(one.prior, `${one.cause}: ${one.message}`).toBeLessThan(0.75);
  });

  it("survives values that are missing, empty or not finite", () => {
    const broken = tensor([4, 8], new Array(32).fill(Number.NaN));
    const situation = scene({
      steps: [
        { name: "layer_norm", args: ["x", [8]], output: "n", value: broken },
        { name: "softmax", args: ["n", -1], output: "p", value: broken },
        { name: "add", args: ["p", "x"], output: "y", value: broken },
      ],
      reference: broken,
      patterns: [normalisation({ epsilon: null, axes: null })],
    });
    const blind: Situation = { ...situation, value: () => null, originalValue: () => null };
    for (const see of LAYER_CAUSES) {
      expect(() => see(situation)).not.toThrow();
      expect(() => see(blind)).not.toThrow();
    }
  });
});
