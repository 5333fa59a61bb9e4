import { execa } from "execa";
import { expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";
import { newFolder } from "../helpers/run-cli.js";

// The right port and the faulty ones, which make up the other two parts, are test/e2e/verdicts.
it("examples/ci/gate.sh checks from a golden without TensorFlow, and joins three shards", async () => {
  const { stdout, exitCode } = await execa("bash", ["examples/ci/gate.sh", newFolder(), "golden", "shards"], {
    cwd: ROOT,
    reject: false,
    env: { CI: "", GITHUB_ACTIONS: "", GITHUB_STEP_SUMMARY: "" },
  });
  expect(exitCode, stdout).toBe(0);
  for (const step of ["record", "no-tensorflow", "golden-right-port", "golden-faulty-port", "merged", "shard-missing"])
    expect(stdout).toMatch(new RegExp(`✓ ${step}: exit \\d`));
  expect(stdout).toContain("✓ the gate did what it should in every step");
}, 400_000);
