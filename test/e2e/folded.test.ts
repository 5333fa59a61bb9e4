import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT } from "../helpers/python.js";

const FIXTURES = `${ROOT}test/fixtures/folded`;
const cwd = mkdtempSync(join(tmpdir(), "parity-folded-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (candidate: string): Promise<CheckResult> =>
  check(
    { name: "folded", reference: `${FIXTURES}/original.py:build`, candidate: `${FIXTURES}/port.py:${candidate}` },
    { cwd },
  );

describe("a port into whose convolutions PyTorch folded the batch norms", () => {
  it("is parity without a map: each kernel and bias is held against the variables that it is made of", async () => {
    const result = await run("build");
    expect(result.verdict).toBe("parity");
    expect(result.findings).toEqual([]);
    const made = result.weights.filter((one) => one.parts !== undefined);
    expect(made.map((one) => one.candidate).sort()).toEqual([
      "deep.bias",
      "deep.weight",
      "stem.bias",
      "stem.weight",
      "up.bias",
      "up.weight",
    ]);
    for (const one of made) {
      expect(one.verdict).toBe("equal");
      expect(one.parts).toContain(`${one.candidate?.split(".")[0]}_norm/moving_variance`);
    }
    expect(result.weights.every((one) => one.verdict === "equal")).toBe(true);
    // What such a layer gives is what the norm behind the original's gives.
    const partners = new Map(result.pairs.map((pair) => [pair.id, pair.reference.name]));
    for (const layer of ["stem", "deep", "up"]) expect(partners.get(layer)).toContain(`${layer}_norm`);
  });

  it("is not, where one was folded with another epsilon: its kernel is named, and loading the right one repairs it", async () => {
    const result = await run("build_with_torch_epsilon");
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toBe("deep");
    const wrong = result.weights.filter((one) => one.verdict === "differs").map((one) => one.candidate);
    expect(wrong.sort()).toEqual(["deep.bias", "deep.weight"]);
    const confirmed = result.findings.filter((one) => one.status === "confirmed");
    expect(confirmed.map((one) => one.parameter).sort()).toEqual(["deep.bias", "deep.weight"]);
  });
});
