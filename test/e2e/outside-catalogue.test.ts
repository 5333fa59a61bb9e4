import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { CheckResult, Finding } from "../../src/report/types.js";
import { runPython } from "../helpers/python.js";

const PORTS = resolve("test/fixtures/deceptive/outside_ports.py");

/** What may be called confirmed because it is true: the cause, and what the finding must be about. */
interface Truth {
  readonly cause: Finding["cause"];
  readonly parameter?: string;
  /** Text of the line of the port. */
  readonly line?: string;
  /** What its sentence has to say. */
  readonly says?: RegExp;
}

interface Fault {
  /** Where the two models part. */
  readonly place: RegExp;
  /** A sound tool may prove one of these or nothing at all. */
  readonly truths?: readonly Truth[];
  /** Of an unexplained one: the text of the line with the smallest call that is wrong. */
  readonly line?: string;
}

const notLoaded = (parameter: string): Truth[] => [
  { cause: "missing-weight", parameter, says: /belongs there/ },
  { cause: "permuted-kernel", parameter, says: /in another order/ },
];
const FAULTS: Readonly<Record<"gpt2" | "conv" | "waves", Readonly<Record<string, Fault>>>> = {
  gpt2: {
    "noise 0.1": { place: /^h\.1\.mlp\.c_fc$/, truths: notLoaded("h.1.mlp.c_fc.weight").slice(0, 1) },
    "noise 0.001": { place: /^h\.1\.mlp\.c_fc$/, truths: notLoaded("h.1.mlp.c_fc.weight").slice(0, 1) },
    "shuffled rows": { place: /^h\.1\.attn\.c_proj$/, truths: notLoaded("h.1.attn.c_proj.weight") },
    "shuffled head": { place: /^h\.1\.attn\.c_attn$/, truths: notLoaded("h.1.attn.c_attn.weight") },
    // The port reshapes where it should reshape and transpose: that can be said of its heads alone.
    "heads not transposed": {
      place: /^h\.1\.attn\.c_proj$/,
      truths: [{ cause: "head-layout", line: "part.reshape(batch, self.n_head, length, size)" }],
    },
    "no mixing": { place: /^h\.1\.attn\.c_proj$/ },
    "flipped mask": {
      place: /^h\.1\.attn\.c_proj$/,
      truths: [{ cause: "attention-mask" }],
      line: "visible = visible ^ self.flips",
    },
    "mask drawn on the way": { place: /^h\.1\.attn\.c_proj$/, truths: [{ cause: "attention-mask" }] },
    sine: { place: /^h\.1\.mlp\.c_proj$/, truths: [{ cause: "activation-function" }], line: "torch.sin(x)" },
    constant: { place: /^h\.1\.mlp$/, truths: [{ cause: "extra-op", line: "x + 0.05", says: /add/ }] },
    "exchanged tokens": { place: /^h\.1\.ln_1$/, line: "order[1:3] = torch.tensor([2, 1])" },
  },
  conv: {
    "noise 0.1": { place: /^stem\.conv$/, truths: notLoaded("stem.conv.weight").slice(0, 1) },
    "noise 0.001": { place: /^fc1$/, truths: notLoaded("fc1.weight").slice(0, 1) },
    "shuffled rows": { place: /^block2\.conv1\.conv$/, truths: notLoaded("block2.conv1.conv.weight") },
    sine: { place: /^block2\.conv1(?:\.act)?$/, truths: [{ cause: "activation-function" }], line: "torch.sin(x)" },
    constant: {
      place: /^(?:pool1|separable\.depthwise\.conv)$/,
      truths: [{ cause: "extra-op", line: "x + 0.05", says: /add/ }],
    },
    "shuffled channels": { place: /^(?:pool1|separable\.depthwise\.conv)$/, line: "x[:, channels]" },
    "shuffled columns": { place: /^(?:pool1|separable\.depthwise\.conv)$/, line: "x[..., columns]" },
    erased: {
      place: /^(?:pool1|separable\.depthwise\.conv)$/,
      truths: [{ cause: "extra-op", line: "torch.where(erased, 0.0, x)" }],
      line: "torch.where(erased, 0.0, x)",
    },
  },
  waves: {
    "relu for sine": {
      place: /^fc2$/,
      truths: [{ cause: "activation-function", says: /\bsine?\b/ }],
      line: "self.activation(self.fc1(features))",
    },
  },
};
const CASES = Object.entries(FAULTS).flatMap(([model, faults]) =>
  Object.entries(faults).map(([name, fault]) => ({ model, name, ...fault })),
);

let folder: string;
const results = new Map<string, CheckResult>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-outside-"));
  await runPython("test/fixtures/deceptive/outside_originals.py", [folder]);
  const next = [...CASES];
  const work = async (): Promise<void> => {
    for (let one = next.shift(); one !== undefined; one = next.shift()) {
      const { model, name } = one;
      const candidate = { model: `${PORTS}:${model}`, kwargs: { folder: join(folder, model), fault: name } };
      const reference = { model: join(folder, model, "model.ckpt") };
      const reproductions = join(folder, "reproductions", `${model} ${name}`);
      results.set(`${model} ${name}`, await check({ reference, candidate, threads: 1 }, { reproductions }));
    }
  };
  await Promise.all([work(), work()]);
}, 400_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function resultOf(model: string, name: string): CheckResult {
  const result = results.get(`${model} ${name}`);
  if (result === undefined) throw new Error(`${model} ${name} was not checked`);
  return result;
}

/** The text of the line that a finding points at. */
function lineOf({ source }: Finding): string {
  return source === null ? "" : (readFileSync(source.file, "utf8").split("\n")[source.line - 1] ?? "").trim();
}

function isTrue(finding: Finding, truths: readonly Truth[]): boolean {
  return truths.some(
    ({ cause, parameter, line, says }) =>
      finding.cause === cause &&
      finding.parameters.every((one) => one === parameter) &&
      (parameter === undefined || finding.parameters.length === 1) &&
      (line === undefined || lineOf(finding).includes(line)) &&
      (says === undefined || says.test(finding.message)),
  );
}
const told = ({ cause, message, source, against }: Finding): string =>
  [cause, message, source === null ? "" : `${source.file}:${source.line}`, ...against].join(" | ");

describe.each(CASES)("$model with $name", ({ model, name, place, truths = [], line }) => {
  it("is a mismatch, in the layer where the fault is", () => {
    const { verdict, firstDivergence } = resultOf(model, name);
    expect(verdict).toBe("mismatch");
    expect(firstDivergence).toMatch(place);
  });

  it("has nothing confirmed that is not true", () => {
    const confirmed = resultOf(model, name).findings.filter((finding) => finding.status === "confirmed");
    for (const finding of confirmed) {
      expect(isTrue(finding, truths), told(finding)).toBe(true);
      // Values that stand in the checkpoint, in whatever order, are not what an initialiser drew.
      if (name.startsWith("shuffled")) expect(told(finding)).not.toMatch(/initialised|was not loaded/);
    }
  });

  it("is repaired, or handed over as a script that shows it alone", () => {
    const { findings, summary } = resultOf(model, name);
    if (findings.some((finding) => finding.status === "confirmed")) {
      expect(summary.afterRepairs?.verdict).toBe("parity");
      return;
    }
    expect(summary.afterRepairs).toBeNull();
    const open = findings.find((finding) => finding.repro !== undefined);
    expect(open, findings.map(told).join("\n") || "no finding at all").toBeDefined();
    expect(open?.pair).toMatch(place);
    expect(open).toMatchObject({ status: "suspected", fix: null });
    const files = existsSync(open?.repro ?? "") ? readdirSync(open?.repro ?? "") : [];
    expect(files).toEqual(expect.arrayContaining(["repro.py", "tensors.safetensors"]));
    if (open?.cause === "unexplained") {
      expect(open.evidence.join("\n")).toMatch(/the first call that gives something the original does not have is/);
      if (line !== undefined) expect(lineOf(open)).toContain(line);
    }
  });
});
