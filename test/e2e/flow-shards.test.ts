import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/report/types.js";
import { ROOT } from "../helpers/python.js";
import { CONFIG, newFolder, runCli } from "../helpers/run-cli.js";

const FAULTY = `${ROOT}examples/gpt2/faulty/two_faults.py:build`;

/** One run and the merge of two shards, as results. */
interface Both {
  readonly whole: CheckResult;
  readonly merged: CheckResult;
  readonly exitCodes: readonly (number | undefined)[];
  readonly folder: string;
}

async function runBoth(extra: readonly string[]): Promise<Both> {
  const folder = newFolder();
  const run = (name: string, ...more: string[]) =>
    runCli(["check", CONFIG, ...extra, "--json", "--report", "json", "--out", join(folder, name), ...more]);
  const whole = await run("whole");
  const shards = [await run("one", "--shard", "1/2"), await run("two", "--shard", "2/2")];
  mkdirSync(join(folder, "artifacts"));
  for (const name of ["one", "two"])
    for (const file of readdirSync(join(folder, name)).filter((one) => one.startsWith("shard-")))
      writeFileSync(join(folder, "artifacts", file), readFileSync(join(folder, name, file)));
  const merge = await runCli(["merge", join(folder, "artifacts"), "--json", "--out", join(folder, "merged")]);
  expect(merge.stdout, merge.stderr).not.toBe("");
  return {
    whole: JSON.parse(whole.stdout) as CheckResult,
    merged: JSON.parse(merge.stdout) as CheckResult,
    exitCodes: [whole, merge, ...shards].map((one) => one.exitCode),
    folder,
  };
}

/** Without what may differ: how long it took, and how small an experiment made the error of the layer that it is told of. */
function lasting({ timings: _, summary, findings, ...rest }: CheckResult): unknown {
  return {
    ...rest,
    summary: { ...summary, seconds: 0 },
    findings: findings.map((finding) => ({ ...finding, experiment: { ...finding.experiment, errorAfter: 0 } })),
  };
}

let good: Both;
let faulty: Both;

beforeAll(async () => {
  good = await runBoth([]);
  faulty = await runBoth(["--candidate", FAULTY]);
}, 400_000);

describe("merged shards", () => {
  it("of a right port are what one run gives, but for timings", () => {
    expect(lasting(good.merged)).toEqual(lasting(good.whole));
    expect(good.exitCodes).toEqual([0, 0, 0, 0]);
  });

  it("of a faulty port have the same pairs, weights, findings and proofs as one run", () => {
    expect(lasting(faulty.merged)).toEqual(lasting(faulty.whole));
    expect(faulty.exitCodes[1]).toBe(1);
    expect(faulty.merged.findings.map((one) => one.status)).toEqual(["confirmed"]);
    // The largest over all shards: never less than what one run says, and noise like it.
    const errorAfter = ({ findings }: CheckResult) => findings[0]?.experiment?.errorAfter ?? Number.NaN;
    expect(errorAfter(faulty.merged)).toBeGreaterThanOrEqual(errorAfter(faulty.whole));
    expect(errorAfter(faulty.merged)).toBeLessThan(1e-6);
  });

  it("of another configuration are refused by name", async () => {
    const run = await runCli([
      "merge",
      join(good.folder, "one", "shard-1-of-2.json"),
      join(faulty.folder, "two", "shard-2-of-2.json"),
      "--out",
      newFolder(),
    ]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr.replace(/\s+/g, " ")).toMatch(/was made with another configuration than/);
  });
});

describe("a shard", () => {
  it("without a case says so and is no failure", async () => {
    const out = newFolder();
    const run = await runCli(["check", CONFIG, "--shard", "9/9", "--out", out]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toBe("✓ shard 9 of 9 has nothing to do: there are 4 cases");
    expect(readdirSync(out)).toEqual(["shard-9-of-9.json"]);
  });
});

describe("a configuration of several models", () => {
  it("checks all of them, and one that cannot be run hides neither the verdicts of the others nor itself", async () => {
    const folder = newFolder();
    const models = { good: "port.py:build", broken: "faulty/raises.py:build" };
    writeFileSync(
      join(folder, "parity.config.json"),
      JSON.stringify({
        reference: `${ROOT}examples/gpt2/models/tiny`,
        inputs: { values: { X: "ids:1x4" } },
        models: Object.fromEntries(
          Object.entries(models).map(([name, port]) => [name, { candidate: `${ROOT}examples/gpt2/${port}` }]),
        ),
      }),
    );
    const run = await runCli(["check"], { cwd: folder });
    expect(run.exitCode, run.stderr).toBe(2);
    expect(run.stdout).toContain("2 models: 1 parity, 1 could not judge");
    expect(run.stdout).toContain("the third block has no MLP yet");
    const json = await runCli(["check", "--model", "good", "--json"], { cwd: folder });
    expect((JSON.parse(json.stdout) as CheckResult).name).toBe("good");
    expect(readdirSync(join(folder, "reports"))).toEqual(["good"]);
  }, 200_000);
});
