import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RecurrentEvidence } from "../../src/align/derive-recurrent.js";
import { createEditMaker } from "../../src/check/make-edits.js";
import { weighParameters } from "../../src/check/weigh.js";
import { weighFiles } from "../../src/check/weigh-files.js";
import type { Hypothesis, WeightFact } from "../../src/diagnose/types.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import type { CandidateDescription, ModuleDescription, ParameterDescription } from "../../src/runners/candidate.js";
import { runPython } from "../helpers/python.js";

interface Original {
  readonly keys: readonly string[];
  readonly parameters: readonly ParameterDescription[];
  readonly modules: readonly Pick<ModuleDescription, "path" | "class">[];
  /** By port: how far its output is from the original's. */
  readonly error: Readonly<Record<string, number>>;
}

let folder: string;
let originals: Readonly<Record<string, Original>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-derived-"));
  await runPython("test/fixtures/check/derived.py", [folder]);
  originals = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function originalOf(name: string): Original {
  const original = originals[name];
  if (original === undefined) throw new Error(`no original ${name}`);
  return original;
}

async function weigh(name: string, port: string, evidence?: RecurrentEvidence) {
  const { keys, parameters, modules } = originalOf(name);
  const checkpoint = openCheckpoint(join(folder, name));
  const candidate = openSafetensors(join(folder, `${name}.${port}.safetensors`));
  const description: CandidateDescription = {
    inputs: [],
    warnings: [],
    parameters,
    modules: modules.map((one) => ({
      ...one,
      qualname: `torch.nn.${one.class}`,
      training: false,
      parameters: [],
      source: null,
    })),
  };
  const weighed = await weighParameters({
    description,
    candidate,
    checkpoint,
    keys,
    map: {},
    ...(evidence === undefined ? {} : { evidence: () => evidence }),
  });
  const fact = (parameter: string): WeightFact => {
    const found = weighed.facts.find((one) => one.parameter === parameter);
    if (found === undefined) throw new Error(`no fact about ${parameter}`);
    return found;
  };
  const wrong = weighed.facts
    .filter((one) => one.transform === null || (one.expected !== null && one.transform !== one.expected))
    .map((one) => one.parameter);
  return { ...weighed, fact, wrong, checkpoint, candidate };
}

describe("a right port of a model whose variables it cuts, joins or reorders", () => {
  it("has every parameter equal and every variable in its place: no false alarm, nothing unassigned", async () => {
    const right = Object.entries(originals).flatMap(([name, { error }]) =>
      Object.keys(error).flatMap((port) => (port.startsWith("right") ? [[name, port] as const] : [])),
    );
    expect(right.length).toBeGreaterThanOrEqual(11);
    for (const [name, port] of right) {
      expect(originalOf(name).error[port], `${name} ${port}`).toBeLessThan(1e-6);
      const { wrong, unassigned, facts } = await weigh(name, port);
      expect({ name, port, wrong }).toEqual({ name, port, wrong: [] });
      expect(unassigned).toEqual({ parameters: [], keys: [] });
      expect(facts.every((fact) => fact.relation === null || fact.relation === undefined)).toBe(true);
    }
  });

  it("is right by two state files alone, without a model", async () => {
    const weighed = await weighFiles(join(folder, "block"), join(folder, "block.right-halves.safetensors"));
    expect(weighed.facts.map((fact) => [fact.parameter, fact.transform])).toEqual([
      ["lstm.bias_hh_l0", "same"],
      ["lstm.bias_ih_l0", "same"],
      ["lstm.weight_hh_l0", "transposed"],
      ["lstm.weight_ih_l0", "transposed"],
    ]);
    expect(weighed.unassigned.keys).toEqual([]);
  });

  it("says under which name each parameter is found in the original", async () => {
    const { fact } = await weigh("block", "right");
    expect(fact("lstm.weight_ih_l0").key).toBe("rnn/lstm_cell/kernel[:5] gates i,f,g,o");
    expect(fact("lstm.weight_hh_l0").key).toBe("rnn/lstm_cell/kernel[5:] gates i,f,g,o");
    expect(fact("lstm.bias_ih_l0").key).toBe("rnn/lstm_cell/bias gates i,f,g,o +1 on f");
    const attention = await weigh("attention", "right");
    expect(attention.fact("block.0.attention.in_proj_weight").key).toBe(
      "block_0/attention/{query/kernel, key/kernel, value/kernel}",
    );
    const split = await weigh("split", "right");
    expect(split.fact("h.3.attn.k_proj.weight").key).toBe("model/h3/attn/c_attn/w[:, 12:24]");
    expect(split.fact("h.3.attn.v_proj.bias").key).toBe("model/h3/attn/c_attn/b[24:36]");
    expect(split.fact("wte.weight").key).toBe("model/wte[:30]");
  });

  it("of stacked and two-way cells finds each in the cell of its own number and direction", async () => {
    const stacked = await weigh("stacked", "right");
    for (const layer of [0, 1, 2])
      expect(stacked.fact(`rnn.weight_hh_l${layer}`).key).toContain(`cell_${layer}/basic_lstm_cell/kernel[4:]`);
    const both = await weigh("bidirectional", "right");
    expect(both.fact("encoder.rnn.weight_ih_l0_reverse").key).toContain("/bw/");
    expect(both.fact("encoder.rnn.weight_ih_l0").key).toContain("/fw/");
  });
});

describe("a wrong port of an LSTM", () => {
  it("with its gates as TensorFlow has them is told the order, forget bias included", async () => {
    expect(originalOf("block").error.unordered).toBeGreaterThan(0.01);
    const { fact, wrong } = await weigh("block", "unordered");
    expect(wrong).toEqual(["lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0"]);
    for (const name of ["lstm.weight_ih_l0", "lstm.weight_hh_l0"])
      expect(fact(name).relation).toMatchObject({ kind: "blocks", axis: 0, order: [0, 2, 1, 3], offsets: null });
    expect(fact("lstm.bias_ih_l0").relation).toMatchObject({ order: [0, 2, 1, 3], offsets: [0, 0, -1, 0] });
  });

  it("without the forget bias is told that 1 is missing on one gate, and nothing else is wrong", async () => {
    expect(originalOf("block").error.forget).toBeGreaterThan(0.01);
    const { fact, wrong } = await weigh("block", "forget");
    expect(wrong).toEqual(["lstm.bias_ih_l0"]);
    expect(fact("lstm.bias_ih_l0").relation?.description).toBe("the wanted values with 1 too little on block 1 of 4");
  });

  it("with its bias in both of torch's is told that their sum is twice the wanted one, and loading both repairs it", async () => {
    const { fact, wrong, derived, facts, checkpoint } = await weigh("block", "doubled");
    expect(wrong).toEqual(["lstm.bias_ih_l0", "lstm.bias_hh_l0"]);
    expect(fact("lstm.bias_ih_l0").relation).toMatchObject({ kind: "scaled", factor: 2 });
    let files = 0;
    const newFile = (): string => join(folder, `load-${files++}.safetensors`);
    const maker = createEditMaker(facts, new Map([...checkpoint.tensors, ...derived]), newFile);
    const hypothesis: Hypothesis = {
      ...{ cause: "recurrent-bias", pairs: [], parameters: wrong, source: null, message: "", evidence: [] },
      ...{ change: "", fix: "", prior: 0.9 },
      repairs: wrong.map((parameter) => ({ kind: "load" as const, parameter, key: fact(parameter).key })),
    };
    expect(maker.make(hypothesis)).toHaveLength(2);
    const hh = openSafetensors(join(folder, "load-1.safetensors")).tensors.get("lstm.bias_hh_l0");
    const bytes = new Uint8Array(hh?.byteLength ?? 0);
    hh?.read(bytes, 0);
    expect(bytes).toEqual(new Uint8Array(64));
  });

  it("is judged by what the graph says of its gates and forget bias, not by what is usual", async () => {
    const { wrong } = await weigh("block", "forget", { gates: ["i", "ci", "f", "o"], forgetBias: null });
    expect(wrong).toEqual([]);
    const other = await weigh("block", "everything", { gates: ["i", "f", "g", "o"], forgetBias: 1 });
    expect(other.wrong).toContain("lstm.bias_ih_l0");
    expect(other.wrong).not.toContain("lstm.weight_ih_l0");
  });

  it("of which one kernel alone is reordered is told which", async () => {
    const { fact, wrong } = await weigh("keras-lstm", "one-kernel");
    expect(wrong).toEqual(["lstm.weight_hh_l0"]);
    expect(fact("lstm.weight_hh_l0").relation).toMatchObject({ kind: "blocks", order: [0, 2, 1, 3] });
  });
});

describe("a wrong port of a GRU", () => {
  it("with Keras' order of gates is told so for kernels and biases", async () => {
    const { fact } = await weigh("gru", "unordered");
    for (const name of ["gru.weight_ih_l0", "gru.weight_hh_l0"])
      expect(fact(name).relation).toMatchObject({ kind: "blocks", axis: 0, order: [1, 0, 2] });
    expect(fact("gru.bias_ih_l0").relation).toMatchObject({ kind: "blocks", order: [1, 0, 2] });
  });

  it("with both biases in one is wrong only where they are apart, although their sum is right", async () => {
    expect(originalOf("gru").error.summed).toBeGreaterThan(0.01);
    const { wrong } = await weigh("gru", "summed");
    expect(wrong).toEqual(["gru.bias_ih_l0", "gru.bias_hh_l0"]);
  });

  it("of a cell that resets the state first is told that no weights can make it right", async () => {
    expect(originalOf("gru-before").error.nearest).toBeGreaterThan(0.01);
    const { facts, wrong } = await weigh("gru-before", "nearest");
    expect(wrong).toEqual([]);
    expect(facts.every((fact) => fact.notConvertible?.includes("reset gate"))).toBe(true);
  });
});

describe("a wrong port of a weight-normalised layer", () => {
  it("that holds the directions where the product belongs is told so", async () => {
    const { fact, wrong } = await weigh("normed-plain", "direction");
    expect(wrong).toEqual(["conv.weight"]);
    expect(fact("conv.weight").key).toBe("net/conv/g · net/conv/V / its norm");
    expect(fact("conv.weight").relation).toMatchObject({ kind: "scaled-along", axis: 0 });
  });
});

describe("a wrong port of fused attention", () => {
  it("with query and key exchanged is told the order of the blocks", async () => {
    const { fact, wrong } = await weigh("attention", "swapped");
    expect(wrong).toEqual(["block.0.attention.in_proj_weight", "block.0.attention.in_proj_bias"]);
    for (const name of wrong) expect(fact(name).relation).toMatchObject({ kind: "blocks", order: [1, 0, 2] });
  });

  it("interleaved per head is told the number of heads", async () => {
    const { fact } = await weigh("attention", "by-head");
    expect(fact("block.0.attention.in_proj_weight").relation).toMatchObject({ parts: 3, size: 4, stored: "by-head" });
  });

  it("that keeps q, k and v apart is told which of them holds which", async () => {
    const { fact, wrong } = await weigh("split", "swapped");
    expect(wrong).toEqual(["h.3.attn.q_proj.weight", "h.3.attn.k_proj.weight"]);
    expect(fact("h.3.attn.q_proj.weight").equals).toBe(fact("h.3.attn.k_proj.weight").key);
  });

  it("loaded from the moving averages is told so by their names", async () => {
    const { fact, wrong } = await weigh("split", "average");
    expect(wrong).toHaveLength(3);
    const { relation, siblings } = fact("h.3.attn.q_proj.weight");
    expect(relation).toMatchObject({ kind: "close", uniform: true });
    expect(siblings).toEqual(["model/h3/attn/c_attn/w/ExponentialMovingAverage"]);
  });
});
