import { describe, expect, it } from "vitest";
import { resolveModels } from "../../src/config/resolve-models.js";
import type { CheckOverrides } from "../../src/config/resolved.js";
import { validateConfig } from "../../src/config/validate.js";
import { ParityError } from "../../src/errors.js";

const CONFIG = {
  reference: "shared.ckpt",
  candidate: { python: "/usr/bin/python3" },
  inputs: { generate: true },
  seed: 3,
  models: {
    small: { candidate: "port.py:small" },
    large: {
      reference: { model: "large.ckpt", outputs: ["y:0"] },
      candidate: { model: "port.py:large" },
      inputs: { files: "x.npz" },
      seed: 4,
    },
  },
};

function resolved(config: object, overrides: CheckOverrides = {}) {
  return resolveModels(
    { path: "/a/parity.config.ts", directory: "/a", config: validateConfig(config, "parity.config.ts") },
    overrides,
    "/w",
  );
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ParityError) return `${error.code} ${error.message} ${error.hint ?? ""}`;
    throw error;
  }
  throw new Error("was accepted");
}

describe("a configuration of several models", () => {
  it("gives each its own keys over the shared ones, objects joined, in the order of the file", () => {
    const { models, several, out } = resolved(CONFIG);
    expect(several).toBe(true);
    expect(out).toBe("/w/reports");
    expect(
      models.map((one) => [
        one.name,
        one.reference.model,
        one.candidate.model,
        one.candidate.python,
        one.seed,
        one.out,
      ]),
    ).toEqual([
      ["small", "/a/shared.ckpt", "/a/port.py:small", "/usr/bin/python3", 3, "/w/reports/small"],
      ["large", "/a/large.ckpt", "/a/port.py:large", "/usr/bin/python3", 4, "/w/reports/large"],
    ]);
    expect(models[1]?.inputs).toMatchObject({ generate: true, files: ["/a/x.npz"] });
  });

  it("puts all reports under the one folder that is named, one folder each", () => {
    expect(resolved(CONFIG, { out: "o" }).models.map((one) => one.out)).toEqual(["/w/o/small", "/w/o/large"]);
    expect(resolved({ ...CONFIG, out: "rep" }).models.map((one) => one.out)).toEqual(["/a/rep/small", "/a/rep/large"]);
  });

  it("is narrowed to one by name, and a wrong name gets the nearest", () => {
    expect(resolved(CONFIG, { model: "large", candidate: "p.py:b" }).models.map((one) => one.candidate.model)).toEqual([
      "/w/p.py:b",
    ]);
    expect(messageOf(() => resolved(CONFIG, { model: "lage" }))).toMatch(
      /^USAGE There is no model lage .* Did you mean large\?/,
    );
  });

  it("refuses options that can only mean one model, rather than check a port against every original", () => {
    for (const option of ["reference", "candidate", "weights", "fix"] as const)
      expect(messageOf(() => resolved(CONFIG, { [option]: "x.safetensors" }))).toMatch(
        new RegExp(`--${option} is for one model.*small, large`),
      );
  });

  it("leaves a configuration of one model as it was, and refuses to pick from it", () => {
    const one = { reference: "m.ckpt", candidate: "p.py:b" };
    expect(resolved(one).models.map((config) => config.out)).toEqual(["/w/reports/a"]);
    expect(resolved(one).several).toBe(false);
    expect(messageOf(() => resolved(one, { model: "x" }))).toMatch(/^USAGE/);
  });

  it("says which key of which model is wrong", () => {
    const wrong = (extra: object) => () =>
      validateConfig({ ...CONFIG, models: { small: { candidate: "p.py:b", ...extra } } }, "parity.config.ts");
    expect(messageOf(wrong({ toleranc: "auto" }))).toMatch(
      /"models\.small\.toleranc" is not a known key\. Did you mean "models\.small\.tolerance"/,
    );
    expect(messageOf(wrong({ seed: "x" }))).toMatch(/"models\.small\.seed" must be a whole number/);
    expect(messageOf(() => validateConfig({ models: {} }, "f"))).toMatch(/"models"/);
    expect(messageOf(() => validateConfig({ models: { "../up": { candidate: "p.py:b" } } }, "f"))).toMatch(/"models/);
  });
});
