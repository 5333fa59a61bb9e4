import { describe, expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";
import { checkCandidate, newFolder, runCli } from "../helpers/run-cli.js";

const PORTS = `${ROOT}test/fixtures/flow/flaky_ports.py`;
const CONFIG = `${ROOT}examples/gpt2/parity.config.ts`;
/** One short case: what is random is so in each. */
const SHORT = ["--text", "Nobody can tell"];

describe("a port that is not the same in two runs", () => {
  it("because of a clock is flaky, with the tap, the line and what to do; not a mismatch that nobody can repair", async () => {
    const { exitCode, result } = await checkCandidate(`${PORTS}:clock`, SHORT);
    expect([result.verdict, exitCode, result.exitCode]).toEqual(["flaky", 2, 2]);
    expect(result.reason).toMatch(
      /^the candidate does not repeat itself: .* differ at h\.1\.mlp by .*randn in h\.1\.mlp/,
    );
    expect(result.determinism?.candidate).toMatchObject({ repeats: false, first: "h.1.mlp" });
    expect(result.determinism?.reference).toEqual({ repeats: true, first: null, what: null });
    expect(result.determinism?.selfNoise.map((one) => [one.pair, one.side])).toEqual([["h.1.mlp", "candidate"]]);
  }, 240_000);

  it("because it drops values in training mode stays a mismatch with its confirmed cause", async () => {
    const { exitCode, result } = await checkCandidate(`${PORTS}:training`, SHORT);
    expect([result.verdict, exitCode]).toEqual(["mismatch", 1]);
    expect(result.findings.map((one) => [one.cause, one.status])).toEqual([["training-mode", "confirmed"]]);
  }, 240_000);

  it("because it draws without a seed stays a mismatch where taking the noise out is proved to repair it", async () => {
    const { exitCode, result } = await checkCandidate(`${PORTS}:drawing`, SHORT);
    expect([result.verdict, exitCode]).toEqual(["mismatch", 1]);
    expect(result.findings.map((one) => one.status)).toEqual(["confirmed"]);
  }, 240_000);

  it("in its last bits only, as threads do, is parity even when it is asked to run twice", async () => {
    const { exitCode, result } = await checkCandidate(`${PORTS}:wobbling`, [...SHORT, "--self-noise", "always"]);
    expect([result.verdict, exitCode]).toEqual(["parity", 0]);
    expect(result.determinism?.candidate.first).toBeNull();
    expect(result.determinism?.candidate.repeats).toBe(false);
  }, 240_000);
});

describe("a port that repeats itself", () => {
  it("is never flaky: right and wrong alike, asked to run twice", async () => {
    const right = await checkCandidate(`${ROOT}examples/gpt2/port.py:build`, [...SHORT, "--self-noise", "always"]);
    expect([right.result.verdict, right.result.determinism?.candidate.repeats]).toEqual(["parity", true]);
    const wrong = await checkCandidate(`${ROOT}examples/gpt2/faulty/wrong_eps.py:build`, [
      ...SHORT,
      "--self-noise",
      "always",
    ]);
    expect([wrong.result.verdict, wrong.result.determinism?.candidate.first]).toEqual(["mismatch", null]);
  }, 240_000);
});

describe("a tolerance that a side does not keep with itself", () => {
  it("is an error of the configuration that names tap, tolerance and self-noise", async () => {
    const run = await runCli([
      ...["check", CONFIG, "--candidate", `${PORTS}:wobbling`, ...SHORT],
      ...["--tolerance", "atol=1e-12,rtol=0", "--out", newFolder()],
    ]);
    expect(run.exitCode).toBe(2);
    const said = run.stderr.replace(/\s+/g, " ");
    expect(said).toMatch(
      /The tolerance of h\.1\.mlp is under the self-noise of the candidate: .* up to \d.*e-\d .*atol 1e-12 \+ rtol 0/,
    );
  }, 240_000);
});
