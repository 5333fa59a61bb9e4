import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { ROOT } from "../helpers/python.js";
import { newFolder } from "../helpers/run-cli.js";

interface Outcome {
  readonly label: string;
  readonly error: string | null;
  readonly verdict: string;
  readonly places: readonly {
    readonly fault: string;
    readonly placed: boolean;
    readonly first: boolean;
    readonly confirmed: boolean;
    readonly repaired: boolean;
    readonly said: readonly string[];
  }[];
}

/** Runs faults of one architecture of the zoo, each alone in a port whose style and names are drawn by the seed. */
async function runZoo(arch: string, seed: number, faults: readonly string[]): Promise<Outcome[]> {
  const file = join(newFolder(), "zoo.json");
  await execa(
    process.execPath,
    [
      ...["bench/zoo/run.mjs", "--arch", arch, "--seeds", "1", "--first-seed", String(seed)],
      ...["--only", faults.join(","), "--pairs", "0", "--jobs", "1", "--json", file],
    ],
    { cwd: ROOT, stdin: "ignore" },
  );
  return JSON.parse(readFileSync(file, "utf8"));
}

// The miniatures of real conversion bugs, inside of whole models: each is the only difference from a port that is right.
describe("a fault of the zoo is found at its place, named, proved and repaired", () => {
  it.each([
    ["gpt2", 1, ["transposed-weight", "gelu-approximation", "qkv-layout-interleaved", "norm-epsilon"]],
    ["conv", 2, ["padding-same", "flatten-order", "norm-epsilon"]],
    ["unet", 1, ["transposed-conv-shift", "upsampling-grid"]],
    ["rnn", 3, ["lstm-gate-order", "forget-bias", "gru-gate-order", "padding-not-packed"]],
  ])("in %s (seed %i): %j", async (arch, seed, faults) => {
    const outcomes = await runZoo(arch, seed, faults);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const { label, error, places } of outcomes) {
      expect(error, label).toBeNull();
      for (const { said, ...place } of places)
        expect(place, `${label}: ${said.join("; ")}`).toMatchObject({
          placed: true,
          first: true,
          confirmed: true,
          repaired: true,
        });
    }
  });
});
