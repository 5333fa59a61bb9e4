import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { check } from "../../src/check/check.js";
import { ROOT, runPython } from "../helpers/python.js";
import { newFolder } from "../helpers/run-cli.js";

// TensorFlow's import and a whole check each: seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const folder = newFolder();

beforeAll(async () => {
  await runPython("test/fixtures/check/make_random.py", [join(folder, "originals")]);
});

function checkAgainst(original: string, port: "build" | "biased" = "build") {
  const candidate = {
    model: `${ROOT}test/fixtures/check/random_port.py:${port}`,
    env: { RANDOM_ORIGINALS: join(folder, "originals") },
  };
  return check({ name: original, reference: join(folder, "originals", original), candidate });
}

describe("an original that draws random numbers when it runs", () => {
  it.each([
    ["dropped", /^the reference does not repeat itself: .* at second by .*RandomUniform dropout\/random_uniform\//],
    ["shaken", /^the reference does not repeat itself: .* at second by .*RandomUniform random_uniform\/RandomUniform$/],
  ])("is named as the side that is flaky, with its first tap and the op that draws: %s", async (original, reason) => {
    const result = await checkAgainst(original);
    expect([result.verdict, result.exitCode]).toEqual(["flaky", 2]);
    expect(result.reason).toMatch(reason);
    expect(result.determinism?.reference).toMatchObject({ repeats: false, first: "second" });
    // The port is not blamed for it.
    expect(result.determinism?.candidate).toEqual({ repeats: true, first: null, what: null });
    expect(result.findings.filter((finding) => finding.status === "confirmed")).toEqual([]);
  });

  it("does not hide a difference that is larger than what it draws", async () => {
    const result = await checkAgainst("shaken", "biased");
    expect([result.verdict, result.exitCode, result.firstDivergence]).toEqual(["mismatch", 1, "second"]);
    expect(result.determinism?.reference.repeats).toBe(false);
  });

  it("is parity with the same port where nothing is drawn", async () => {
    expect((await checkAgainst("quiet")).verdict).toBe("parity");
  });
});
