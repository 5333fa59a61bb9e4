import { statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { verifyRecorded } from "../../src/check/verify-recorded.js";
import { loadConfig } from "../../src/config/load.js";
import { resolveRecording } from "../../src/config/resolve-record.js";
import type { CheckResult } from "../../src/report/types.js";
import { checkGolden, faulty, readManifestOf, recordTiny } from "../helpers/golden.js";
import { CONFIG, newFolder } from "../helpers/run-cli.js";

// A whole check each, and recordings: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const folder = newFolder();
/** So few that the hidden states of the tiny model, 64 wide, are sketches for any text. */
const keeping = { storage: "sketch", sketchElements: 256 } as const;

function differing(result: CheckResult): string[] {
  return result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id);
}

describe("a golden of sketches that keeps one case whole", () => {
  const golden = join(folder, "partly");

  beforeAll(async () => {
    await recordTiny(golden, keeping);
  });

  it("is judged in all cases, layer by layer where it can be, and a right port is at parity", async () => {
    const result = await checkGolden(golden);
    expect(differing(result)).toEqual([]);
    expect(result.verdict).toBe("parity");
    expect(result.pairs.filter((pair) => pair.verdict === "not-compared")).toEqual([]);
    expect(result.pairs.length).toBe(40);
    expect(result.pairs.every((pair) => pair.isOutput || pair.local !== null)).toBe(true);
    expect(result.summary.notCovered.join()).toMatch(/hidden states of 2 of 4 cases are sketches .*\(256 elements/);
  });

  it("names and proves a fault in the whole case, and no layer behind it is accused by a sketch", async () => {
    const whole = readManifestOf(golden).cases.filter((one) => one.inner !== null);
    expect(whole).toHaveLength(1);
    const result = await checkGolden(golden, { candidate: faulty("untransposed_c_proj") });
    expect(result.firstDivergence).toBe("h.2.attn.c_proj");
    expect(result.findings).toMatchObject([{ status: "confirmed", cause: "transposed-weight" }]);
    expect(differing(result)).toEqual(["h.2.attn.c_proj"]);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });
});

describe("a golden of sketches alone", () => {
  const golden = join(folder, "alone");
  const inputs = { texts: ["A port is right when nobody can tell the two models apart."] };

  beforeAll(async () => {
    await recordTiny(golden, { ...keeping, inner: "none" }, inputs);
    await recordTiny(join(folder, "full"), { inner: "none", double: "none" }, inputs);
  });

  it("is a fraction of the size, and keeps nothing in float64 unless it is asked for", () => {
    const [sketched, full] = [golden, join(folder, "full")].map((dir) => statSync(join(dir, "c0.safetensors")).size);
    expect(sketched).toBeLessThan((full ?? 0) * 0.7);
    expect(readManifestOf(golden).float64).toBeNull();
  });

  it("leaves a right port at parity, with every hidden state compared, and says that nothing could be fed", async () => {
    const result = await checkGolden(golden, inputs);
    expect(differing(result)).toEqual([]);
    expect(result.verdict).toBe("parity");
    expect(result.pairs.filter((pair) => pair.verdict !== "not-compared").length).toBe(40);
    expect(result.pairs.every((pair) => pair.local === null)).toBe(true);
    expect(result.summary.notCovered.join()).toMatch(/no layer could be fed the original's own tensors/);
  });

  it("finds an un-transposed weight where it begins, and proves it", async () => {
    const result = await checkGolden(golden, { ...inputs, candidate: faulty("untransposed_c_proj") });
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toBe("h.2.attn.c_proj");
    expect(result.findings).toMatchObject([{ status: "confirmed", cause: "transposed-weight" }]);
  });

  it("finds where a fault in the code is, and cannot look into the layer", async () => {
    const only = ["h.0.mlp.c_proj"];
    const result = await checkGolden(golden, { ...inputs, only, candidate: faulty("gelu_erf") });
    expect(result.verdict).toBe("mismatch");
    expect(result.firstDivergence).toBe("h.0.mlp.c_proj");
    expect(result.findings).toMatchObject([{ status: "suspected", cause: "unexplained", pair: "h.0.mlp.c_proj" }]);
  });

  it("still holds when the original is run again", async () => {
    const { config } = resolveRecording(await loadConfig(CONFIG), inputs);
    const verified = await verifyRecorded(config, golden, new AbortController().signal, () => {});
    expect(verified).toMatchObject({ holds: true, reasons: [] });
    expect(verified.compared).toBeGreaterThan(40);
    expect(verified.identical).toBe(verified.compared);
  });
});
