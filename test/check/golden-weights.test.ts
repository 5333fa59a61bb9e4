import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckOverrides } from "../../src/config/resolved.js";
import { openGolden, openVariables } from "../../src/runners/golden/open-golden.js";
import { totalBytes } from "../../src/runners/golden/verify-files.js";
import { faulty, PORT, readManifestOf, recordTiny } from "../helpers/golden.js";
import { newFolder } from "../helpers/run-cli.js";

// A whole check each, and a recording: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const folder = newFolder();
const golden = join(folder, "light");

beforeAll(async () => {
  await recordTiny(golden, { weights: "none", double: "none" }, { texts: ["Nothing but what was computed."] });
});

/** The golden is all there is of the original. */
function checkAgainst(candidate: string, more: object = {}, overrides: CheckOverrides = {}) {
  return check({ name: "light", reference: golden, candidate, ...more }, { cwd: folder, overrides });
}

describe("a golden without weights", () => {
  it("holds what the variables are called and not what is in them", () => {
    expect(existsSync(join(golden, "variables.safetensors"))).toBe(false);
    const manifest = readManifestOf(golden);
    expect(manifest.declared).toHaveLength(52);
    expect(Object.keys(manifest.files).join()).not.toContain("variables");
    const variables = openVariables(openGolden(golden));
    const first = variables.tensors.get("model/wte");
    expect(first?.shape).toEqual([512, 64]);
    expect(() => first?.read(new Uint8Array(4), 0)).toThrow(/keeps no weights/);
    expect(totalBytes(manifest)).toBeGreaterThan(0);
  });

  it("judges hidden states and outputs, and is no proof to a gate that demands the parameters", async () => {
    const result = await checkAgainst(PORT, { coverage: { parameters: 1 } });
    expect(result.verdict).toBe("parity");
    expect(result.pairs.filter((pair) => pair.verdict !== "not-compared")).toHaveLength(40);
    expect(result.summary.weights).toEqual({ equal: 0, "equal-by-function": 0, differs: 0, unassigned: 52 });
    expect(result.weights.every((row) => row.reference !== null && row.note?.includes("keeps no weights"))).toBe(true);
    expect(result.summary.notCovered.join()).toMatch(/weights: the golden keeps none .* 52 parameters were held/);
    expect(result.exitCode).toBe(1);
    expect(result.gate.checks.find((one) => one.id === "parameters")?.message).toMatch(/0 of 52 parameters/);
  });

  it("finds the layer of a wrong weight, and claims no cause that only the values could tell", async () => {
    const result = await checkAgainst(faulty("untransposed_c_proj"));
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toBe("h.2.attn.c_proj");
    expect(result.findings).toMatchObject([{ status: "suspected", pair: "h.2.attn.c_proj" }]);
    expect(result.findings[0]?.evidence.join()).toMatch(/cannot be told: the golden keeps none/);
  });

  it("still proves a fault in the code", async () => {
    const result = await checkAgainst(faulty("gelu_erf"), {}, { only: ["h.0.mlp.c_proj"] });
    expect(result.findings).toMatchObject([{ status: "confirmed", cause: "gelu-approximation" }]);
  });
});
