import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { LayerDetail } from "../../src/report/details.js";
import { parseResult, renderJson } from "../../src/report/json.js";
import type { CheckResult } from "../../src/report/types.js";
import { floatsOf, placeIn } from "../compare/detail/tensors.js";
import { ROOT, runPython } from "../helpers/python.js";

const CONFIG = "examples/gpt2/parity.config.ts";
let folder: string;
let faulty: CheckResult;
let images: CheckResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-details-"));
  const original = join(folder, "oblong");
  await runPython("test/fixtures/layouts/make_originals.py", [folder]);
  faulty = await check(CONFIG, {
    cwd: ROOT,
    details: true,
    overrides: { candidate: "examples/gpt2/faulty/gelu_erf.py:build", seed: 3 },
  });
  images = await check(
    {
      reference: join(original, "model.ckpt"),
      candidate: { model: `${ROOT}test/fixtures/layouts/ports.py:conv_net`, kwargs: { folder: original } },
    },
    { cwd: ROOT, details: true },
  );
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function detailOf(result: CheckResult, id: string): LayerDetail {
  const found = result.details.find((one) => one.pair === id);
  if (found === undefined) throw new Error(`there is no detail of ${id}`);
  return found;
}

describe.each([
  ["a text model with a fault", () => faulty],
  ["an image model with channels first", () => images],
] as const)("%s", (_what, result) => {
  it("has a detail for every pair that was compared, in the order of the pairs", () => {
    const compared = result().pairs.filter((pair) => pair.verdict !== "not-compared");
    expect(compared.length).toBeGreaterThan(3);
    expect(result().details.map((one) => one.pair)).toEqual(compared.map((pair) => pair.id));
  });

  it("shows the tensors of the run and case that decided: the worst element is the one that the metrics name", () => {
    for (const pair of result().pairs) {
      if (pair.verdict === "not-compared") continue;
      const detail = detailOf(result(), pair.id);
      const deciding = detail.run === "local" ? pair.local : { case: pair.worstCase, metrics: pair.metrics };
      expect(detail.case).toBe(deciding?.case);
      const largest = deciding?.metrics?.maxAbs;
      const [worst] = detail.worst;
      if (worst === undefined) {
        expect(largest?.value ?? 0).toBe(0);
        continue;
      }
      expect(Math.abs(worst.candidate - worst.reference)).toBe(largest?.value);
      expect(worst.index).toEqual(largest?.index);
      const { shown, row, column } = placeIn(detail, worst.index);
      const lens = shown?.lens;
      if (!lens) continue;
      const at = (row - lens.row) * lens.columns + column - lens.column;
      expect(floatsOf(lens.candidate)[at]).toBe(Math.fround(worst.candidate));
    }
  });

  it("is valid by the contract of report.json and read back as it was", () => {
    expect(parseResult(renderJson(result()))).toEqual(result());
  });
});

describe("a text model with a fault", () => {
  it("names batch, token and channel, and the original's ops of the layer's scope in their order", () => {
    const detail = detailOf(faulty, "h.0.mlp.c_fc");
    expect(detail.axes).toEqual(["batch", "token", "channel"]);
    const names = detail.ops.shown.map((op) => op.name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.every((name) => name.startsWith("model/h0/mlp/c_fc/"))).toBe(true);
    expect(detail.ops.shown.map((op) => op.type)).toContain("MatMul");
    expect(names.findIndex((name) => name.endsWith("/MatMul"))).toBeLessThan(
      names.findIndex((name) => name.endsWith("/add")),
    );
  });

  it("shows the calls of a layer that was looked into with their lines, and none of one that agrees", () => {
    const { firstDivergence } = faulty;
    const looked = faulty.details.filter((one) => one.calls.length > 0);
    expect(looked.map((one) => one.pair)).toContain(firstDivergence);
    const calls = detailOf(faulty, firstDivergence ?? "").calls;
    expect(calls.find((call) => call.name === "F.gelu")?.source).toEqual({
      file: "examples/gpt2/faulty/gelu_erf.py",
      line: 17,
    });
    expect(detailOf(faulty, "h.0.ln_1").calls).toEqual([]);
  });

  it("gives larger pictures to what differs", () => {
    const cells = (detail: LayerDetail): number =>
      Buffer.from(detail.picture.planes[0]?.difference ?? "", "base64").length;
    const wrong = faulty.pairs.find((pair) => pair.verdict === "mismatch");
    expect(cells(detailOf(faulty, wrong?.id ?? ""))).toBeGreaterThanOrEqual(cells(detailOf(faulty, "h.0.ln_1")));
  });

  it("names the command as it was typed, with the layer in quotes where a shell needs them", () => {
    const command = `parity check ${CONFIG} --candidate examples/gpt2/faulty/gelu_erf.py:build --seed 3 --only`;
    expect(detailOf(faulty, "h.0.attn").command).toBe(`${command} h.0.attn`);
    expect(detailOf(faulty, "(output)").command).toBe(`${command} '(output)'`);
  });
});

describe("an image model", () => {
  it("is shown channel by channel, height × width", () => {
    const detail = detailOf(images, "stem.conv");
    expect(detail.axes).toEqual(["batch", "channel", "height", "width"]);
    expect(detail.picture.planeAxes).toEqual([0, 1]);
    expect([detail.picture.rows, detail.picture.columns]).toEqual(detail.shape.slice(2));
    expect(detail.picture.planes.length + detail.picture.cut).toBe((detail.shape[0] ?? 0) * (detail.shape[1] ?? 0));
  });

  it("is checked again by the models themselves where no file holds the configuration", () => {
    expect(detailOf(images, "stem.conv").command).toMatch(
      /^parity check --reference \S+model\.ckpt --candidate test\/fixtures\/layouts\/ports\.py:conv_net.* --only stem\.conv$/,
    );
  });
});

it("nothing is made where no report is asked for", async () => {
  const result = await check(CONFIG, { cwd: ROOT });
  expect(result.details).toEqual([]);
  expect(result.timings.details).toBeUndefined();
}, 180_000);
