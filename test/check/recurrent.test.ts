import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { runPython } from "../helpers/python.js";

const PORT = resolve("test/fixtures/recurrent/port.py");
const FAULTS = ["", "gate-split", "forget-bias", "hard-sigmoid", "fused-gru"] as const;

let folder: string;
const results = new Map<string, CheckResult>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-recurrent-"));
  await runPython("test/fixtures/recurrent/original.py", [folder]);
  const next = [...FAULTS];
  const work = async (): Promise<void> => {
    for (let fault = next.shift(); fault !== undefined; fault = next.shift()) {
      const candidate = { model: `${PORT}:build`, kwargs: { folder, fault } };
      const reference = { model: join(folder, "model.ckpt") };
      results.set(fault, await check({ reference, candidate, threads: 1 }));
    }
  };
  await Promise.all([work(), work()]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function resultOf(fault: (typeof FAULTS)[number]): CheckResult {
  const result = results.get(fault);
  if (result === undefined) throw new Error(`${fault} was not checked`);
  return result;
}

describe("a recurrent cell written by hand", () => {
  it("that computes what the original's loop computes is parity, whatever its order of gates", () => {
    expect(resultOf("").verdict).toBe("parity");
  });

  it.each([
    ["gate-split", "gate-order"],
    ["forget-bias", "forget-bias"],
    ["hard-sigmoid", "activation-function"],
  ] as const)("with %s is explained by %s, proved in every step and at every length", (fault, cause) => {
    const { findings, summary, verdict } = resultOf(fault);
    expect(verdict).toBe("mismatch");
    expect(findings.map((one) => [one.cause, one.status, one.pair])).toEqual([[cause, "confirmed", "lstm"]]);
    expect(findings[0]?.source?.file).toMatch(/port\.py$/);
    expect(summary.afterRepairs?.verdict).toBe("parity");
  });
});

describe("TensorFlow 1's GRU in nn.GRU", () => {
  it("is said not to be convertible, with the layer and nobody else under suspicion", () => {
    const { findings } = resultOf("fused-gru");
    expect(findings.map((one) => [one.cause, one.status])).toEqual([["recurrent-bias", "suspected"]]);
    expect(findings[0]?.message).toMatch(/^gru is not convertible to GRU: write the cell/);
    expect(findings[0]?.pairs).toContain("gru[0]");
  });
});
