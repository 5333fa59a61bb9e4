import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { check } from "../../src/check/check.js";
import { ParityError } from "../../src/errors.js";
import { openGolden, openVariables } from "../../src/runners/golden/open-golden.js";
import {
  changeManifest,
  checkGolden,
  copyGolden,
  faulty,
  judgementOf,
  PORT,
  readManifestOf,
  recordTiny,
  TINY,
} from "../helpers/golden.js";
import { runPython } from "../helpers/python.js";
import { CONFIG, newFolder } from "../helpers/run-cli.js";

const folder = newFolder();
const golden = join(folder, "gpt2-tiny");

beforeAll(async () => {
  await recordTiny(golden);
});

async function refusal(running: Promise<unknown>): Promise<ParityError> {
  const error = await running.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ParityError) return error;
  throw new Error(`expected a ParityError, got ${String(error)}`);
}

describe("a check that takes the original from a golden", () => {
  // A port without fault, one whose fault is in a call, one in the way layers are put together: every
  // kind of question that a check asks of the original.
  it.each([
    ["the port", PORT],
    ["another gelu", faulty("gelu_erf")],
    ["layers in another order", faulty("layer_order")],
  ])("says the same as one that runs TensorFlow: %s", async (_, candidate) => {
    const live = await check(CONFIG, { overrides: { candidate } });
    const kept = await checkGolden(golden, { candidate });
    expect(judgementOf(kept)).toEqual(judgementOf(live));
    expect(live.golden).toBeNull();
    expect(kept.golden).toMatchObject({ path: golden, state: "fresh", parityVersion: "0.1.0" });
    expect(kept.golden?.runtimes.tensorflow).toBe(live.runtimes.tensorflow);
  });

  it("needs nothing but the golden: named as the reference, its own cases are run", async () => {
    const result = await check({ name: "kept", reference: golden, candidate: PORT }, { cwd: folder });
    expect(result.verdict).toBe("parity");
    expect(result.cases.map((one) => one.label)).toEqual(readManifestOf(golden).cases.map((one) => one.label));
    expect(result.summary.weights.equal).toBe(52);
  });

  it("runs some of its cases, whatever their number there", async () => {
    const texts = ["A port is right when nobody can tell the two models apart."];
    const result = await checkGolden(golden, { texts });
    expect(result.verdict).toBe("parity");
    expect(result.cases).toHaveLength(1);
  });

  it("takes the ids of texts from the golden where there is no vocabulary, and only of the same texts", async () => {
    const config = (text: string) => ({ reference: golden, candidate: PORT, inputs: { text, generate: true } });
    const own = await check(config("A port is right when nobody can tell the two models apart."), { cwd: folder });
    expect(own.cases).toHaveLength(4);
    const error = await refusal(check(config("Something else."), { cwd: folder }));
    expect(error.message).toContain("other texts");
  });

  it("settles a doubt in float64 from what was kept, and says what to record where it was not", async () => {
    const precise = await checkGolden(golden, { precision: "both" });
    expect(precise.pairs.filter((pair) => pair.float64 !== null).length).toBeGreaterThan(30);
    const without = copyGolden(golden, join(folder, "single"));
    changeManifest(without, (manifest) => ({ ...manifest, float64: null }));
    const told = await checkGolden(without, { precision: "both" });
    expect(told.verdict).toBe("parity");
    expect(told.summary.warnings.join()).toMatch(
      /float64 of the original is not in the golden; refresh it with parity record/,
    );
  });

  it("looks into a layer as far as it can without inner tensors, and says so", async () => {
    const without = copyGolden(golden, join(folder, "no-inner"));
    changeManifest(without, (manifest) => ({
      ...manifest,
      cases: manifest.cases.map((one) => ({ ...one, inner: null })),
    }));
    const result = await checkGolden(without, { candidate: faulty("gelu_erf") });
    expect(result.verdict).toBe("mismatch");
    expect(result.findings.length).toBeGreaterThan(0);
    expect(result.summary.warnings.join()).toMatch(/keeps no inner tensors .* --inner all keeps them/);
  });
});

describe("what a golden keeps", () => {
  it("is what TensorFlow itself reads out of the checkpoint", async () => {
    const file = openVariables(openGolden(golden));
    file.close();
    const script = `
import sys, numpy as np, tensorflow as tf
from safetensors.numpy import load_file
kept = load_file(sys.argv[2])
reader = tf.train.load_checkpoint(sys.argv[1])
names = reader.get_variable_to_shape_map()
assert set(names) == set(kept), set(names) ^ set(kept)
print(sum(np.array_equal(reader.get_tensor(name), kept[name]) for name in names))`;
    const path = join(folder, "compare.py");
    writeFileSync(path, script);
    const printed = await runPython(path, [join(TINY, "model.ckpt"), join(golden, "variables.safetensors")]);
    expect(String(printed).trim()).toBe(String(readManifestOf(golden).variables.length));
  });

  // A whole check each, perhaps several, and recordings: seconds on a quiet machine, minutes on a busy one.
  vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

  it("names no place of this machine but what was typed", () => {
    const text = readFileSync(join(golden, "golden.json"), "utf8");
    expect(readManifestOf(golden).reference.path).toBe("examples/gpt2/models/tiny/model.ckpt");
    expect(text).not.toContain(process.cwd());
  });
});

describe("a stale golden is refused with the command that makes it anew", () => {
  const damaged = (name: string): string => copyGolden(golden, join(folder, `damaged-${name}`));

  it.each<[string, (path: string) => void, RegExp]>([
    [
      "truncated",
      (path) => truncateSync(join(path, "c2.safetensors"), 5000),
      /c2\.safetensors has 5000 bytes, and \d+ were/,
    ],
    ["altered", (path) => flip(join(path, "c2.safetensors"), -9), /c2\.safetensors was altered/],
    ["altered-graph", (path) => flip(join(path, "graph.meta"), 5000), /graph\.meta was altered/],
    ["version", (path) => changeManifest(path, (one) => ({ ...one, schemaVersion: 99 })), /schema version 99/],
    [
      "taps",
      (path) => changeManifest(path, (one) => ({ ...one, considered: one.considered.slice(1) })),
      /this version looks at a tensor more/,
    ],
  ])("%s", async (name, damage, message) => {
    const path = damaged(name);
    damage(path);
    const error = await refusal(checkGolden(path));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/parity record .*--out .*damaged-/);
  });

  it("when its manifest is no manifest, naming the key", async () => {
    const path = damaged("manifest");
    changeManifest(path, (one) => ({ ...one, cases: [] }));
    const error = await refusal(checkGolden(path));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toContain("cases");
  });

  it("when a case id leads out of the folder", async () => {
    const path = damaged("escape");
    changeManifest(path, (one) => ({ ...one, cases: one.cases.map((own) => ({ ...own, id: "../../etc" })) }));
    expect((await refusal(checkGolden(path))).code).toBe("FORMAT_INVALID");
  });

  it("when the run has other inputs", async () => {
    const error = await refusal(checkGolden(golden, { texts: ["Another text."] }));
    expect(error.message).toMatch(/not recorded with the inputs of case c0/);
    expect(error.hint).toContain("parity record");
  });

  it("when the checkpoint is another one of the same size", async () => {
    const model = join(folder, "retrained");
    cpSync(TINY, model, { recursive: true });
    flip(join(model, "model.ckpt.data-00000-of-00001"), 400);
    const error = await refusal(checkGolden(golden, { reference: model }));
    expect(error.message).toMatch(/recorded from another checkpoint: the content of model\.ckpt\.data/);
  });

  it("but not when the checkpoint is not on this machine", async () => {
    const result = await checkGolden(golden, { reference: join(folder, "nowhere/model.ckpt") });
    expect(result.verdict).toBe("parity");
  });
});

describe("--update", () => {
  const place = (name: string): string => join(folder, "update", name);
  const one = { texts: ["Another text."] };

  it("missing writes a golden that is not there, and says so", async () => {
    const path = place("new");
    expect((await refusal(checkGolden(path, one))).hint).toContain(`parity record`);
    expect(existsSync(path)).toBe(false);
    const result = await checkGolden(path, { ...one, update: "missing" });
    expect(result.golden?.state).toBe("was missing");
    expect((await checkGolden(path, one)).golden?.state).toBe("fresh");
  });

  it("changed makes a stale one anew, keeps what is not the golden's, and leaves a fresh one alone", async () => {
    const path = copyGolden(golden, place("changed"));
    mkdirSync(join(path, "notes"));
    writeFileSync(join(path, "baseline.json"), "{}");
    writeFileSync(join(path, "notes/why.md"), "kept");
    const before = readManifestOf(path).recordedAt;
    expect((await checkGolden(path, { update: "changed" })).golden?.state).toBe("fresh");
    expect(readManifestOf(path).recordedAt).toBe(before);
    const result = await checkGolden(path, { ...one, update: "changed" });
    expect(result.golden?.state).toBe("was stale");
    expect(readManifestOf(path).recordedAt).not.toBe(before);
    expect(readFileSync(join(path, "baseline.json"), "utf8")).toBe("{}");
    expect(readFileSync(join(path, "notes/why.md"), "utf8")).toBe("kept");
    // Nothing of the old one is left over: a case that is no longer run would be a file that nobody hashes.
    expect(readdirSync(path).filter((name) => name.startsWith("c"))).toEqual(["c0.safetensors"]);
  });

  it("all writes in any case; missing does not touch a stale one", async () => {
    const path = copyGolden(golden, place("all"));
    const before = readManifestOf(path).recordedAt;
    await refusal(checkGolden(path, { ...one, update: "missing" }));
    expect(readManifestOf(path).recordedAt).toBe(before);
    expect((await checkGolden(path, { ...one, update: "all" })).golden?.state).toBe("rewritten");
  });

  it("never makes one from the candidate or from a golden", async () => {
    const swapped = await refusal(checkGolden(place("swapped"), { ...one, reference: PORT, update: "all" }));
    expect(swapped.message).toMatch(/recorded from the original, and .* is a candidate/);
    const again = await refusal(checkGolden(place("again"), { ...one, reference: golden, update: "all" }));
    expect(again.message).toContain("is a golden already");
    expect(existsSync(place("swapped")) || existsSync(place("again"))).toBe(false);
  });
});

/** Flips one bit of a byte; negative offsets count from the end. */
function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
