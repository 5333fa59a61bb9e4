import { check, defineConfig, ParityError } from "parity";
import { describe, expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";

/** As a team would gate a port inside the test suite that it already has: through the package's own name. */
describe("the GPT-2 example", () => {
  it("is at parity with its original, by the configuration beside it", async () => {
    const steps: string[] = [];
    const result = await check(`${ROOT}examples/gpt2/parity.config.ts`, { onProgress: (key) => steps.push(key) });
    expect(result.verdict).toBe("parity");
    expect(result.exitCode).toBe(0);
    expect(result.summary.weights.equal).toBe(52);
    // Text, batch 1 and 3, length 1 and 7, and the whole context.
    expect(result.cases.map((one) => one.inputs[0]?.shape)).toEqual([
      [1, expect.any(Number)],
      [1, 1],
      [3, 7],
      [1, 64],
    ]);
    expect(new Set(steps)).toEqual(new Set(["reference", "candidate", "compare"]));
  });

  it("can be checked from a configuration made in code, with a tolerance of one's own", async () => {
    const config = defineConfig({
      reference: "models/tiny",
      candidate: "port.py:build",
      inputs: { values: { X: [[1, 2, 3]] } },
      tolerance: { atol: 1e-5, rtol: 1e-5 },
      tolerances: { "h.*.mlp.**": { atol: 1e-12, rtol: 1e-12 } },
    });
    const result = await check(config, { cwd: `${ROOT}examples/gpt2` });
    expect(result.verdict).toBe("mismatch");
    const wrong = result.pairs.filter((pair) => pair.verdict === "mismatch").map((pair) => pair.id);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.every((id) => id.includes(".mlp."))).toBe(true);
    expect(result.pairs.find((pair) => pair.id === "ln_f")?.tolerance).toMatchObject({ rule: "explicit", atol: 1e-5 });
    // The smallest tolerance that would pass is told, so that nobody has to guess it.
    for (const pair of result.pairs.filter((one) => one.verdict === "mismatch")) {
      expect(pair.smallestTolerance).toBeGreaterThan(1e-12);
      expect(pair.smallestTolerance).toBeLessThan(1e-5);
    }
  });

  it("rejects with a ParityError when it is aborted", async () => {
    const abort = new AbortController();
    const running = check(`${ROOT}examples/gpt2/parity.config.ts`, {
      signal: abort.signal,
      onProgress: (key, text) => {
        if (key === "candidate" && text.startsWith("building")) abort.abort();
      },
    });
    await expect(running).rejects.toThrow(ParityError);
  });
});
