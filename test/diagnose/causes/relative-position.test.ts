import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../../src/check/check.js";
import type { CheckResult } from "../../../src/report/types.js";
import { runPython } from "../../helpers/python.js";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-relative-"));
  await runPython("test/fixtures/relative/originals.py", [folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function checkPort(port: "clipped" | "bucketed", kwargs: Record<string, number | boolean> = {}): Promise<CheckResult> {
  const own = join(folder, port);
  return check({
    reference: join(own, "model.ckpt"),
    candidate: { model: `${resolve("test/fixtures/relative/ports.py")}:${port}`, kwargs: { folder: own, ...kwargs } },
    threads: 1,
  });
}

describe("a learned bias by relative position", () => {
  it.each(["clipped", "bucketed"] as const)("is parity where it is right: %s", async (port) => {
    const result = await checkPort(port);
    expect(result.verdict).toBe("parity");
    expect(result.findings).toEqual([]);
  });

  it.each([
    ["clipped", { sign: -1 }, /opposite sign/],
    ["clipped", { reach: 2 }, /clipped at ±4, the port by .* clipped at ±2/],
    ["bucketed", { sign: -1 }, /opposite sign/],
    ["bucketed", { both: false }, /in both directions .* the port by .* in one direction/],
    ["bucketed", { farthest: 128 }, /up to 20 apart, the port by .* up to 128 apart/],
  ] as const)("is named where it is another: %s %j", async (port, kwargs, says) => {
    const result = await checkPort(port, kwargs);
    expect(result.findings.map((one) => [one.status, one.cause])).toEqual([["confirmed", "relative-position"]]);
    expect(result.findings[0]?.message).toMatch(says);
    expect(result.findings[0]?.source?.file).toMatch(/ports\.py$/);
    expect(result.summary.afterRepairs?.verdict).toBe("parity");
  });
});
