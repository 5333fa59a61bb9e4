import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { ParityConfig } from "../../src/config/types.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT, runPython } from "../helpers/python.js";

let originals: string;

beforeAll(async () => {
  originals = mkdtempSync(join(tmpdir(), "parity-layouts-"));
  await runPython("test/fixtures/layouts/make_originals.py", [originals]);
});
afterAll(() => rmSync(originals, { recursive: true, force: true }));

function checkPort(
  original: string,
  port: string,
  kwargs: Record<string, string> = {},
  inputs: NonNullable<ParityConfig["inputs"]> = {},
): Promise<CheckResult> {
  const folder = join(originals, original);
  const model = `${ROOT}test/fixtures/layouts/ports.py:${port}`;
  const candidate = { model, kwargs: { folder, ...kwargs } };
  return check({ reference: join(folder, "model.ckpt"), candidate, inputs }, { cwd: ROOT });
}

/** Every compared tensor agrees, outputs included, and nothing was set aside. */
function expectParity(result: CheckResult, unmatched: readonly string[] = []): void {
  expect(result.verdict).toBe("parity");
  expect(result.findings).toEqual([]);
  expect(result.pairs.filter((pair) => pair.verdict === "not-compared")).toEqual([]);
  expect(result.unmatched.candidate.map((tap) => tap.id)).toEqual(unmatched);
  expect(result.unmatched.reference.filter((tap) => tap.isOutput)).toEqual([]);
  expect(result.weights.filter((weight) => ["differs", "unassigned"].includes(weight.verdict))).toEqual([]);
}
const permuteOf = (result: CheckResult, id: string) => result.pairs.find((pair) => pair.id === id)?.layout.permute;
const CONVOLUTIONS = ["stem.conv", "stem.bn", "stem", "square", "separable.depthwise", "pool", "grouped", "up"];

describe("a channels-last original and a channels-first port", () => {
  it("agree where the port takes channels-first images", async () => {
    const result = await checkPort("oblong", "conv_net");
    expectParity(result);
    for (const id of CONVOLUTIONS) expect(permuteOf(result, id)).toEqual([0, 3, 1, 2]);
    expect(result.weights.every((weight) => weight.verdict === "equal")).toBe(true);
  });

  it("agree where the port turns the images itself, and the dense layer's rows in place of the features", async () => {
    const result = await checkPort("square", "conv_net", { takes: "nhwc", flattens: "rows" });
    expectParity(result);
    expect(result.pairs.find((pair) => pair.id === "flatten")?.layout.reshapeFirst?.slice(1)).toEqual([8, 8, 8]);
    const odd = result.weights.filter((weight) => weight.verdict !== "equal");
    expect(odd.map((weight) => [weight.candidate, weight.verdict])).toEqual([["dense.weight", "equal-by-function"]]);
  });

  it("agree on images that are cubes, which the port takes in either order without complaint", async () => {
    const result = await checkPort("cube", "conv_net");
    expectParity(result);
    for (const id of CONVOLUTIONS) expect(permuteOf(result, id)).toEqual([0, 3, 1, 2]);
  });

  it("agree on images of any size, averaged to one pixel", async () => {
    const result = await checkPort("open", "conv_net", { flattens: "average" });
    // What was averaged is flattened once more: the original has one tensor for the two.
    expectParity(result, ["flatten"]);
  });

  it("agree where the port keeps its kernels in containers and calls functions", async () => {
    expectParity(await checkPort("square", "functional"));
  });

  it("disagree in the one kernel that nobody turned, square in every way", async () => {
    const result = await checkPort("square", "conv_net", { fault: "unturned" });
    expect(result.verdict).toBe("mismatch");
    expect(result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id)).toEqual(["square"]);
    const wrong = result.weights.filter((weight) => weight.verdict !== "equal");
    expect(wrong.map((weight) => [weight.candidate, weight.transform])).toEqual([
      ["square.weight", "permuted(2,3,0,1)"],
    ]);
  });

  it("behind a fault in the first layer nothing else is accused, flattened features in the other order included", async () => {
    const result = await checkPort("square", "conv_net", { fault: "stem", flattens: "rows" });
    expect(result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id)).toEqual(["stem.conv"]);
  });
});

describe("convolutions over time", () => {
  it("agree with a port that takes [batch, channels, time]", async () => {
    const result = await checkPort("frames", "frames");
    expectParity(result);
    expect(["conv_a", "conv_b", "step"].map((id) => permuteOf(result, id))).toEqual([[0, 2, 1], [0, 2, 1], null]);
  });

  it("agree with a port that takes [time, batch, channels], as it was told or as it finds out", async () => {
    expectParity(await checkPort("frames", "frames", { takes: "tbc" }, { layout: { frames: "time-major" } }));
    expectParity(await checkPort("square_frames", "frames", { takes: "tbc" }));
  });

  it("an input that does not exist cannot be laid out", async () => {
    await expect(checkPort("frames", "frames", {}, { layout: { frame: "time-major" } })).rejects.toThrow(
      /inputs\.layout names frame/,
    );
  });
});

describe("a batch-major original and a time-major port", () => {
  it("agree, although the original merges batch and time", async () => {
    const result = await checkPort("encoder", "encoder");
    expectParity(result);
    expect(permuteOf(result, "layers.1.attention.output")).toEqual([1, 0, 2]);
    expect(permuteOf(result, "embed")).toBeNull();
  });

  it("disagree in the one square kernel that nobody turned", async () => {
    const result = await checkPort("encoder", "encoder", { fault: "unturned" });
    const wrong = result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id);
    expect(wrong).toEqual(["layers.1.attention.output"]);
  });
});
