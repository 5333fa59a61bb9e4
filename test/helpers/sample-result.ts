import type { PairVerdict } from "../../src/judge/types.js";
import type { CheckResult, Finding, PairResult, WeightResult, WeightVerdict } from "../../src/report/types.js";
import { makeDetails } from "./make-details.js";
import { attentionDetail, brokenDetail, imageDetail, scalarDetail, tokenDetail } from "./sample-details.js";
import { withGate } from "./sample-gate.js";
import { hash, measuredPair, sampleMetrics, samplePair, WIDTH } from "./sample-pair.js";

/**
 * Results as a check of GPT-2 gives them, with sizes and errors of the order that real runs show. Deterministic.
 */

/** A correct port: every pair within noise, every weight equal. */
export function goodResult(blocks = 12): CheckResult {
  const ids = tapIds(blocks);
  const pairs = ids.map((id, at) => {
    if (id === "wte") return samplePair(id, { metrics: sampleMetrics(0), local: null, verdict: "identical" });
    if (id.endsWith("mlp.c_proj")) return measuredPair(id, 0.7 + (hash(id) % 6) / 10, 3e-7 + at * 4e-9);
    return samplePair(id, {
      metrics: sampleMetrics(1.4e-7 + at * 4e-9),
      isOutput: id === "lm_head",
      ...(id === "lm_head" ? { matchedBy: "output", confidence: 1, because: "both are the model's output" } : {}),
    });
  });
  const weights = sampleWeights(blocks);
  return withGate({
    schemaVersion: 1,
    name: "gpt2-124M",
    verdict: "parity",
    exitCode: 0,
    reason: null,
    firstDivergence: null,
    only: null,
    summary: {
      sentence: `The candidate computes the same function: all ${pairs.length} pairs are within noise.`,
      pairs: tallyPairs(pairs),
      weights: tallyWeights(weights),
      cases: 3,
      seconds: 4.07,
      afterRepairs: null,
      notCovered: ["padded inputs: the original has no attention mask", "lengths over 1,023 tokens"],
      warnings: [],
    },
    runtimes: { node: "20.20.0", "tfjs-node": "4.22.0", tensorflow: "2.21.0", python: "3.11.2", torch: "2.13.0" },
    models: { reference: "models/124M/model.ckpt", candidate: "port/model.py:load" },
    cases: [
      sampleCase("c0", "batch 1, length 1", [1, 1]),
      sampleCase("c1", "batch 3, length 7", [3, 7]),
      sampleCase("c2", "the user's text", [1, 128]),
    ],
    pairs,
    weights,
    findings: [],
    fix: null,
    golden: null,
    determinism: null,
    unmatched: {
      reference: [{ id: "model/h0/attn/transpose_3", isOutput: false, why: "no module of the candidate yields it" }],
      candidate: [{ id: "h.0.attn.dropout", isOutput: false, why: "dropout does nothing here and has no partner" }],
    },
    timings: { reference: 2.6, candidate: 1.9, align: 0.02, compare: 0.6, judge: 0.7 },
    details: makeDetails(pairs),
  });
}

/** The port with `h.3.attn.c_proj` left un-transposed: found, proved, repaired. */
export function badResult(blocks = 12): CheckResult {
  const good = goodResult(blocks);
  const fault = "h.3.attn.c_proj";
  const at = good.pairs.findIndex((pair) => pair.id === fault);
  const pairs = good.pairs.map((pair, index) => {
    if (index < at) return pair;
    if (index === at) return measuredPair(fault, 5.4e5, 0.13, { note: null });
    const inherited = 0.12 + 0.25 * Math.sin(index / 9) ** 2;
    if (index < at + 14)
      return measuredPair(pair.id, 1 + (hash(pair.id) % 9) / 10, inherited, { isOutput: pair.isOutput });
    return { ...pair, metrics: sampleMetrics(inherited), smallestTolerance: 0.7 * inherited };
  });
  const weights = good.weights.map((weight): WeightResult => {
    if (weight.candidate !== `${fault}.weight`) return weight;
    return { ...weight, transform: "same", verdict: "differs", maxAbs: 1.42, note: "equal once it is transposed" };
  });
  return withGate({
    ...good,
    verdict: "mismatch",
    exitCode: 1,
    firstDivergence: fault,
    summary: {
      ...good.summary,
      sentence: `Not the same function: it departs at ${fault}, whose weight is stored un-transposed.`,
      pairs: tallyPairs(pairs),
      weights: tallyWeights(weights),
      afterRepairs: { verdict: "parity", outputErrorBefore: 0.31, outputErrorAfter: 4.1e-7 },
      warnings: ["the candidate printed 3 lines to stdout while it was loaded"],
    },
    pairs,
    weights,
    findings: [suspectedFinding(), confirmedFinding(fault)],
    details: makeDetails(pairs),
  });
}

/** The broken port with pictures: of its fault, of attention, of an image, of a scalar, and of a tensor with NaN. */
export function detailedResult(): CheckResult {
  const bad = badResult();
  return {
    ...bad,
    details: [
      attentionDetail("h.0.attn"),
      scalarDetail("h.0.ln_2"),
      tokenDetail("h.3.attn.c_proj"),
      brokenDetail("h.3.attn"),
      imageDetail("h.4"),
    ],
  };
}

/** A run that got as far as the reference: the candidate raised. */
export function inconclusiveResult(): CheckResult {
  const good = goodResult(2);
  const pairs = good.pairs.slice(0, 5).map(
    (pair): PairResult => ({
      ...pair,
      metrics: null,
      worstCase: null,
      local: null,
      noise: null,
      smallestTolerance: null,
      logits: null,
      verdict: "not-compared",
      note: "the candidate did not get this far",
    }),
  );
  return withGate({
    ...good,
    verdict: "inconclusive",
    exitCode: 2,
    reason: "the candidate's output `logits` has no partner, so nothing is known about what the model gives back",
    summary: { ...good.summary, sentence: "Could not judge: an output has no partner.", pairs: tallyPairs(pairs) },
    pairs,
    details: [],
    unmatched: {
      ...good.unmatched,
      candidate: [{ id: "logits", isOutput: true, why: "no tensor of the reference has the shape 3×7×50257" }],
    },
  });
}

/** A broken model with 1,000 pairs and as many weights. */
export function hugeResult(): CheckResult {
  const bad = badResult(120);
  const pairs = bad.pairs.slice(0, 1000);
  const summary = { ...bad.summary, pairs: tallyPairs(pairs) };
  return withGate({ ...bad, name: "gpt2-huge", pairs, summary, details: makeDetails(pairs) });
}

/** Names as a hostile model file may have them, in every place where a name is shown. */
export function hostileResult(): CheckResult {
  const bad = badResult(4);
  const evil = "</script><img src=x onerror=alert(1)>";
  const [first, ...rest] = bad.pairs;
  if (first === undefined) throw new Error("the sample has pairs");
  const named: PairResult = {
    ...first,
    id: evil,
    reference: { ...first.reference, name: evil, tensor: evil },
    candidate: { ...first.candidate, name: evil, type: evil, source: { file: evil, line: 1 } },
    because: evil,
    note: evil,
  };
  return withGate({
    ...bad,
    name: evil,
    summary: { ...bad.summary, sentence: `Departs at ${evil}.`, notCovered: [evil], warnings: [evil] },
    runtimes: { [evil]: evil },
    models: { reference: evil, candidate: evil },
    pairs: [named, ...rest],
    details: bad.details.map((detail, at) => ({
      ...detail,
      pair: at === 0 ? evil : detail.pair,
      axes: detail.axes.map(() => evil),
      calls: [{ name: evil, source: { file: evil, line: 1 }, shape: null }],
      ops: { shown: [{ name: evil, type: evil }], cut: 0 },
      command: evil,
    })),
    findings: bad.findings.map((finding) => ({
      ...finding,
      message: evil,
      fix: evil,
      parameter: evil,
      evidence: [evil],
    })),
    unmatched: { reference: [{ id: evil, isOutput: true, why: evil }], candidate: [] },
  });
}

function confirmedFinding(fault: string): Finding {
  return {
    cause: "transposed-weight",
    status: "confirmed",
    pair: fault,
    pairs: [fault],
    parameters: [`${fault}.weight`],
    parameter: `${fault}.weight`,
    source: { file: "port/model.py", line: 41 },
    message: "nn.Linear stores [out, in]; the checkpoint's model/h3/attn/c_proj/w is [in, out]",
    evidence: [
      "the stored values equal model/h3/attn/c_proj/w as it is; nn.Linear needs its transpose",
      "the other 11 attn.c_proj.weight are transposed",
    ],
    against: [],
    experiment: { change: ".T", errorBefore: 3.1, errorAfter: 4.4e-7, floor: 3.9e-7 },
    fix: `state["${fault}.weight"] = w.T`,
    rewrite: null,
  };
}

function suspectedFinding(): Finding {
  return {
    cause: "unexplained",
    status: "suspected",
    pair: "h.7.mlp",
    pairs: ["h.7.mlp", "h.8.mlp"],
    parameters: [],
    parameter: null,
    source: { file: "port/model.py", line: 88 },
    message: "the local error is 6 times the noise floor and no experiment brought it down",
    evidence: ["the error is largest where |x| is about 2.7", "the weights of the layer are equal"],
    against: [],
    experiment: null,
    fix: null,
    rewrite: null,
  };
}

const IN_BLOCK = ["ln_1", "attn.c_attn", "attn.c_proj", "attn", "ln_2", "mlp.c_fc", "mlp.c_proj", "mlp"] as const;

function tapIds(blocks: number): string[] {
  const inside = Array.from({ length: blocks }, (_, at) => [...IN_BLOCK.map((leaf) => `h.${at}.${leaf}`), `h.${at}`]);
  return ["wte", "wpe", ...inside.flat(), "ln_f", "lm_head"];
}

function sampleWeights(blocks: number): WeightResult[] {
  const shapes: Readonly<Record<string, readonly number[]>> = {
    "attn.c_attn": [WIDTH, 3 * WIDTH],
    "attn.c_proj": [WIDTH, WIDTH],
    "mlp.c_fc": [WIDTH, 4 * WIDTH],
    "mlp.c_proj": [4 * WIDTH, WIDTH],
  };
  return Array.from({ length: blocks }, (_, at) =>
    Object.entries(shapes).map(
      ([leaf, stored]): WeightResult => ({
        reference: `model/h${at}/${leaf.replace(".", "/")}/w`,
        candidate: `h.${at}.${leaf}.weight`,
        shape: { reference: stored, candidate: [...stored].reverse() },
        transform: "transposed",
        expected: "transposed",
        matchedBy: "name",
        maxAbs: 0,
        verdict: "equal",
        note: null,
      }),
    ),
  ).flat();
}

function sampleCase(id: string, label: string, shape: readonly number[]): CheckResult["cases"][number] {
  const sha256 = hash(id).toString(16).padStart(8, "0").repeat(8);
  return { id, label, inputs: [{ name: "tokens", shape, dtype: "int32", sha256 }] };
}

function tallyPairs(pairs: readonly PairResult[]): Record<PairVerdict, number> {
  const tally = { identical: 0, "within-noise": 0, "within-tolerance": 0, mismatch: 0, "not-compared": 0 };
  for (const pair of pairs) tally[pair.verdict] += 1;
  return tally;
}

function tallyWeights(weights: readonly WeightResult[]): Record<WeightVerdict, number> {
  const tally = { equal: 0, "equal-by-function": 0, differs: 0, unassigned: 0 };
  for (const weight of weights) tally[weight.verdict] += 1;
  return tally;
}
