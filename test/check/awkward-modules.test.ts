import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult } from "../../src/report/types.js";
import { runPython } from "../helpers/python.js";

const PORT = resolve("test/fixtures/check/awkward_ports.py");

/** Right ports: the style of both blocks, or of each. */
const RIGHT = [
  ["context+sibling", "modules that raise outside of what surrounds them"],
  ["in-place+hooked", "layers that write into their inputs, and hooks that change what goes in and comes out"],
  ["noisy+caching", "random numbers that come to nothing, and a cache that must be reset"],
  ["worldly+odd", "a clock, standard output, a static forward, a lock, an open file"],
  ["scripted+tired", "TorchScript and a counter of the process"],
  ["structured", "tuples, dicts, keyword arguments and nothing"],
  ["parametrized", "weight norm"],
  ["guarded", "tensors that nobody may exchange"],
] as const;

/** Wrong ports whose layer can be run again: style, fault, the pair, the cause. */
const PROVED = [
  ["context", "kernel@h.1.proj", "h.1.proj", "transposed-weight"],
  ["sibling", "kernel@h.1.fc", "h.1.fc", "transposed-weight"],
  ["in-place", "gelu", "h.1.proj", "gelu-approximation"],
  ["shared", "eps", "mix.ln", "norm-epsilon"],
  ["structured", "gelu", "h.1.proj", "gelu-approximation"],
  ["hooked", "gelu", "h.1.proj", "gelu-approximation"],
  ["dropout", "noise", "h.1.proj", "dropout-active"],
  ["drawing", "noise", "h.1.proj", "extra-op"],
  ["caching", "gelu", "h.1.proj", "gelu-approximation"],
  ["worldly", "eps", "h.1.ln", "norm-epsilon"],
  ["odd", "eps", "h.1.ln", "norm-epsilon"],
  ["scripted", "kernel@h.1.proj", "h.1", "transposed-weight"],
] as const;

/** Wrong ports that no experiment can repair: style, fault, after how many calls the layer refuses, pair, cause, why. */
const UNPROVED = [
  [
    "guarded",
    "kernel@h.1.fc",
    null,
    "h.1.fc",
    "transposed-weight",
    /^h\.1\.fc could not be re-run: .* RuntimeError: this tensor was forged$/,
  ],
  [
    "guarded",
    "gelu",
    null,
    "h.1.proj",
    "unexplained",
    /^the layer could not be looked into: .* RuntimeError: this tensor was forged$/,
  ],
  [
    "own-generator",
    "noise",
    null,
    "h.1.proj",
    "unexplained",
    /^it does not give the same again on the same inputs: it draws random numbers/,
  ],
  [
    "clock",
    "noise",
    null,
    "h.1.proj",
    "unexplained",
    /^it does not give the same again on the same inputs: .* reads a clock$/,
  ],
  [
    "scripted",
    "eps",
    null,
    "h.1",
    "unexplained",
    /^the layer could not be looked into: What `h\.1` computes could not be followed/,
  ],
  [
    "tired",
    "eps",
    8,
    "h.1.ln",
    "unexplained",
    /^the layer could not be looked into: .* the licence allows no further call$/,
  ],
  [
    "tired",
    "eps",
    28,
    "h.1.ln",
    "norm-epsilon",
    /^h\.1\.ln could not be re-run: .* the licence allows no further call$/,
  ],
  [
    "tired",
    "kernel@h.1.proj",
    24,
    "h.1.proj",
    "transposed-weight",
    /^h\.1\.proj could not be re-run: .* allows no further call$/,
  ],
] as const;

let folder: string;
const results = new Map<string, CheckResult>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-awkward-"));
  await runPython("test/fixtures/check/awkward_original.py", [folder]);
  const next: [string, string, number | null][] = [
    ...PROVED.map(([style, fault]): [string, string, null] => [style, fault, null]),
    ...UNPROVED.map(([style, fault, limit]): [string, string, number | null] => [style, fault, limit]),
    ["parametrized", "kernel@h.1.proj", null],
    ...RIGHT.map(([style]): [string, string, null] => [style, "", null]),
  ];
  const work = async (): Promise<void> => {
    for (let one = next.shift(); one !== undefined; one = next.shift()) {
      const [style, fault, limit] = one;
      const kwargs = { style, fault, ...(limit === null ? {} : { limit }) };
      const candidate = { model: `${PORT}:build`, kwargs, env: { AWKWARD_FOLDER: folder } };
      const reference = { model: join(folder, "model.ckpt") };
      results.set(`${style} ${fault} ${limit}`, await check({ reference, candidate, threads: 1 }));
    }
  };
  await Promise.all([work(), work()]);
}, 400_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function resultOf(style: string, fault = "", limit: number | null = null): CheckResult {
  const result = results.get(`${style} ${fault} ${limit}`);
  if (result === undefined) throw new Error(`${style} ${fault} was not checked`);
  return result;
}

describe("a right port is parity", () => {
  it.each(RIGHT)("in the style %s: %s", (style) => {
    const { verdict, findings, pairs } = resultOf(style);
    expect(findings).toEqual([]);
    expect(verdict).toBe("parity");
    expect(pairs.length).toBeGreaterThan(13);
  });

  it("where it refuses the original's own tensors it is judged as a whole, and the check says so", () => {
    expect(resultOf("guarded").summary.warnings).toEqual([
      expect.stringMatching(
        /^the candidate could not be run on the original's own tensors \(.*this tensor was forged\)/,
      ),
    ]);
  });
});

describe("a fault in a layer that is awkward to run again is proved", () => {
  it.each(PROVED)("in the style %s with %s: at %s, %s", (style, fault, pair, cause) => {
    const { verdict, firstDivergence, findings, summary } = resultOf(style, fault);
    expect(verdict).toBe("mismatch");
    expect(firstDivergence).toBe(pair);
    expect(findings.map((one) => [one.pair, one.cause, one.status])).toEqual([[pair, cause, "confirmed"]]);
    expect(summary.afterRepairs?.verdict).toBe("parity");
  });

  it("in every call of a module that is called twice", () => {
    expect(resultOf("shared", "eps").findings[0]?.pairs).toEqual(["mix.ln", "mix.ln@2"]);
  });

  it("under weight norm: both halves of the kernel are repaired", () => {
    const { findings, summary } = resultOf("parametrized", "kernel@h.1.proj");
    expect(findings.every((one) => one.status === "confirmed" && one.pair === "h.1.proj")).toBe(true);
    expect(findings.flatMap((one) => one.parameters).sort()).toEqual([
      "h.1.proj.parametrizations.weight.original0",
      "h.1.proj.parametrizations.weight.original1",
    ]);
    expect(summary.afterRepairs?.verdict).toBe("parity");
  });
});

describe("a fault in a layer that cannot be run again is found, and never called confirmed", () => {
  it.each(UNPROVED)(
    "in the style %s with %s (%s): at %s, %s, with the reason",
    (style, fault, limit, pair, cause, why) => {
      const { verdict, firstDivergence, findings, exitCode } = resultOf(style, fault, limit);
      // What differs from itself as much as from the original is no difference that anybody could repair.
      const isRandom = style === "own-generator" || style === "clock";
      expect([verdict, exitCode]).toEqual(isRandom ? ["flaky", 2] : ["mismatch", 1]);
      expect(firstDivergence).toBe(pair);
      expect(findings.map((one) => [one.pair, one.cause, one.status])).toEqual([[pair, cause, "suspected"]]);
      const said = findings.flatMap((one) => [...one.against, ...one.evidence]);
      expect(said).toContainEqual(expect.stringMatching(why));
    },
  );

  it("what was not run on the original's own tensors is not said to have been", () => {
    const [finding] = resultOf("guarded", "gelu").findings;
    expect(finding?.message).toContain("with each side run on its own h.1.proj differs by");
  });

  it("what is random is not taken for rounding, and the warning says whose it is", () => {
    for (const style of ["own-generator", "clock", "drawing"])
      expect(resultOf(style, "noise").summary.warnings).toContainEqual(
        expect.stringMatching(/^h\.1\.proj does not give the same again .* not taken for rounding$/),
      );
  });

  it("runs that the candidate refuses are named, with what they were for", () => {
    const { warnings } = resultOf("tired", "eps", 8).summary;
    for (const how of [
      "in float64",
      "with its sums in another order",
      "with its inputs one unit in the last place off",
    ])
      expect(warnings).toContainEqual(expect.stringContaining(`cannot be run ${how} (`));
  });
});

describe("after all of these checks", () => {
  it("no process of any candidate is left", () => {
    expect(processesWith(`AWKWARD_FOLDER=${folder}`)).toEqual([]);
  });
});

/** Ids of running processes that have this in their environment; none where the system does not tell. */
function processesWith(setting: string): string[] {
  try {
    return readdirSync("/proc").filter((id) => /^\d+$/.test(id) && environmentOf(id).includes(setting));
  } catch {
    return [];
  }
}

function environmentOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/environ`, "utf8");
  } catch {
    return "";
  }
}
