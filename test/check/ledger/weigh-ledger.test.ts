import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { weighLedger } from "../../../src/check/ledger/weigh-ledger.js";
import { writeSafetensors } from "../../../src/formats/safetensors-write.js";
import { makeFolder } from "../../formats/expected-tensors.js";
import { ROOT, runPython } from "../../helpers/python.js";
import { runCli } from "../../helpers/run-cli.js";

const folder = makeFolder();
const TINY = `${ROOT}examples/gpt2/models/tiny`;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await runPython("test/fixtures/ledger/make_states.py", [folder.path]);
}, 120_000);
afterAll(() => folder.remove());

/** Rows that are not equal, as [name, verdict, note]. */
async function wrongRows(reference: string, candidate: string, options: Parameters<typeof weighLedger>[2] = {}) {
  const result = await weighLedger(reference, candidate, options);
  const wrong = result.rows.filter((row) => row.verdict !== "equal");
  return {
    ...result,
    wrong: wrong.map(({ candidate: own, reference: key, verdict, note }) => [own ?? key, verdict, note]),
  };
}

describe("weighLedger", () => {
  it.each(["right.safetensors", "right.pt", "right.npz"])("is green for the right weights in %s", async (name) => {
    const candidate = at(name);
    const { exitCode, counts, wrong, orderUnknown } = await wrongRows(TINY, candidate);
    expect([exitCode, counts.equal, wrong]).toEqual([0, 52, []]);
    // It says of which matrices it cannot know that they lie as their modules need it.
    expect(orderUnknown.map((one) => one.replace(/^state_dict\./, "")).sort()).toEqual([
      ...[0, 1, 2, 3].map((i) => `h.${i}.attn.c_proj.weight`),
      "wpe.weight",
    ]);
  });

  it("is green for the same file, and for two formats with the same names", async () => {
    for (const one of ["right.safetensors", "right.npz"]) {
      const { exitCode, counts, orderUnknown } = await weighLedger(at("right.safetensors"), at(one));
      expect([exitCode, counts.equal, orderUnknown]).toEqual([0, 52, []]);
    }
  });

  it("is green for the same file of a fresh model, whose biases are all the same numbers", async () => {
    const vector = (name: string, value: number) => ({
      name,
      dtype: "float32" as const,
      shape: [4],
      data: new Uint8Array(new Float32Array(4).fill(value).buffer),
    });
    const names = [0, 1, 2].flatMap((i) => [vector(`h.${i}.ln.weight`, 1), vector(`h.${i}.ln.bias`, 0)]);
    writeSafetensors(at("fresh.safetensors"), names);
    const { exitCode, counts, wrong } = await wrongRows(at("fresh.safetensors"), at("fresh.safetensors"));
    expect([exitCode, counts.equal, wrong]).toEqual([0, 6, []]);
  });

  it("finds a square matrix that is turned by the blocks that are not", async () => {
    const { exitCode, wrong } = await wrongRows(TINY, at("turned.safetensors"));
    expect([exitCode, wrong]).toEqual([
      1,
      [
        [
          "h.2.attn.c_proj.weight",
          "differs",
          "equal as is, where 3 others of h.#.attn.c_proj.weight are equal under .T",
        ],
      ],
    ]);
  });

  it("is in doubt, and not green, where half of the blocks are turned, or all against every other kernel", async () => {
    const half = await wrongRows(TINY, at("half-turned.safetensors"));
    expect([half.exitCode, half.counts.suspect]).toEqual([2, 4]);
    const all = await wrongRows(TINY, at("all-turned.safetensors"));
    expect([all.exitCode, all.counts.suspect]).toEqual([2, 4]);
    expect(all.wrong[0]?.[2]).toBe("equal as is, where all 12 dense kernels that are not square are equal under .T");
  });

  it("knows by name that a turned matrix is wrong where both sides are of one kind", async () => {
    const { exitCode, wrong } = await wrongRows(at("right.safetensors"), at("turned.safetensors"));
    expect([exitCode, wrong]).toEqual([
      1,
      [["h.2.attn.c_proj.weight", "differs", "equal under .T, where as is is needed"]],
    ]);
  });

  it("names a changed element's parameter and the largest difference", async () => {
    const { rows, exitCode, wrong } = await wrongRows(TINY, at("changed.safetensors"));
    const row = rows.find((one) => one.candidate === "h.1.mlp.c_fc.weight");
    expect([exitCode, wrong.map(([name]) => name)]).toEqual([1, ["h.1.mlp.c_fc.weight"]]);
    expect(row?.maxAbs).toBeCloseTo(0.125, 6);
  });

  it("fails for what has no partner on either side, unless that is allowed", async () => {
    const missing = await wrongRows(TINY, at("missing.safetensors"));
    expect([missing.exitCode, missing.wrong]).toEqual([
      1,
      [["model/ln_f/b", "unassigned", "no parameter of the candidate holds it"]],
    ]);
    const extra = await wrongRows(TINY, at("extra.safetensors"));
    expect([extra.exitCode, extra.wrong]).toEqual([
      1,
      [["adapter.weight", "unassigned", "no variable has its name or values"]],
    ]);
    expect((await weighLedger(TINY, at("extra.safetensors"), { allowMissing: true })).exitCode).toBe(0);
  });

  it("asks for no variable of masks and counters, and finds tied weights that were written twice", async () => {
    const { exitCode, wrong, rows } = await wrongRows(TINY, at("with-buffers.safetensors"));
    expect(wrong.map(([name, verdict]) => [name, verdict]).sort()).toEqual([
      ["h.0.attn.bias", "left-out"],
      ["h.0.attn.masked_bias", "left-out"],
      ["position_ids", "left-out"],
    ]);
    expect(rows.find((row) => row.candidate === "lm_head.weight")).toMatchObject({
      reference: "model/wte",
      verdict: "equal",
    });
    expect(exitCode).toBe(0);
  });

  it.each(["net.keras", "net.h5"])("pairs %s with the PyTorch weights that it becomes", async (name) => {
    const { exitCode, rows } = await weighLedger(at(name), at("net.safetensors"));
    expect(exitCode).toBe(0);
    const pairs = rows.map((row) => [row.candidate, row.reference?.replace(/^layers\//, ""), row.transform]);
    expect(pairs.sort()).toEqual([
      ["head.bias", "head/bias", "same"],
      ["head.weight", "head/kernel", "transposed"],
      ["norm.bias", "norm/beta", "same"],
      ["norm.running_mean", "norm/moving_mean", "same"],
      ["norm.running_var", "norm/moving_variance", "same"],
      ["norm.weight", "norm/gamma", "same"],
      ["stem.bias", "stem/bias", "same"],
      ["stem.weight", "stem/kernel", "permuted(3,2,0,1)"],
    ]);
    const flipped = await weighLedger(at(name), at("flipped.safetensors"));
    expect([flipped.exitCode, flipped.counts.differs]).toEqual([1, 1]);
  });

  it("does not take counting from 0 for a fault, and blocks in each other's place for right", async () => {
    const right = await weighLedger(at("from-1.safetensors"), at("from-0.safetensors"));
    expect([right.exitCode, right.counts.equal]).toEqual([0, 6]);
    expect(right.rows.find((row) => row.candidate === "stage.2.dense.weight")?.reference).toBe(
      "net/stage_3/dense/kernel",
    );
    const swapped = await weighLedger(at("from-1.safetensors"), at("swapped.safetensors"));
    expect(swapped.exitCode).toBe(1);
  });

  it("is 2 where nothing can be compared", async () => {
    expect((await weighLedger(at("net.h5"), at("right.safetensors"))).exitCode).not.toBe(0);
  });
});

describe("parity weights", () => {
  it("takes a module that is built, whose layers tell how each matrix has to lie", async () => {
    const right = await runCli(["weights", "examples/gpt2/models/tiny", "examples/gpt2/port.py:build"]);
    expect([right.exitCode, right.stdout]).toEqual([0, expect.stringContaining("52/52 equal")]);
    expect(right.stdout).not.toContain("square");
    const faulty = "examples/gpt2/faulty/untransposed_c_proj.py:build";
    const wrong = await runCli(["weights", "examples/gpt2/models/tiny", faulty]);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stdout).toContain("equal as is, where under .T is needed");
  }, 60_000);

  it("takes a map, prints JSON, and refuses a reference that is code", async () => {
    const args = ["weights", TINY, at("right.safetensors"), "--json", "--all"];
    expect(JSON.parse((await runCli(args)).stdout)).toMatchObject({ schemaVersion: 1, exitCode: 0, live: false });
    const swapped = await runCli(["weights", "examples/gpt2/port.py:build", TINY]);
    expect([swapped.exitCode, swapped.stderr]).toEqual([2, expect.stringContaining("The original comes first")]);
  });
});
