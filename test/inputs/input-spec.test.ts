import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInputSpec } from "../../src/inputs/input-spec.js";

describe("--input NAME=SPEC", () => {
  let scratch: string;
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "parity-spec-"));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it.each([
    ["[[1,2,3]]", [[1, 2, 3]]],
    [" [1.5] ", [1.5]],
    ["1.0", 1],
    ["-2e-3", -0.002],
    ["true", true],
    ["false", false],
  ])("reads %s as inline numbers", (text, value) => {
    expect(parseInputSpec(text)).toEqual({ kind: "json", value });
  });

  it.each([
    ["ids:3x7", "ids", [3, 7]],
    ["normal:1x8x8x3", "normal", [1, 8, 8, 3]],
    ["zeros:4", "zeros", [4]],
    ["ones:1x1", "ones", [1, 1]],
  ])("reads %s as a generator", (text, generator, shape) => {
    expect(parseInputSpec(text)).toEqual({ kind: "generator", generator, shape });
  });

  it("takes anything else as a file, relative to the place where it was written", () => {
    expect(parseInputSpec("ids.npz", "/data")).toEqual({ kind: "file", path: "/data/ids.npz", key: null });
    expect(parseInputSpec("../ids.npz#a/b", "/data/x")).toEqual({ kind: "file", path: "/data/ids.npz", key: "a/b" });
    expect(parseInputSpec("/abs/ids.npz#X", "/data")).toEqual({ kind: "file", path: "/abs/ids.npz", key: "X" });
  });

  it("opens a file whose own name holds a #", () => {
    writeFileSync(join(scratch, "run#3.npz"), "");
    expect(parseInputSpec("run#3.npz", scratch)).toEqual({ kind: "file", path: join(scratch, "run#3.npz"), key: null });
  });

  it.each([
    ["", "An input has an empty value."],
    ["[[1,2", "The inline value [[1,2 is not JSON"],
    ["uniform:3x7", 'asks for the generator "uniform", which does not exist'],
    ["ids:3x", '"3x" in ids:3x is not a shape: expected positive sizes joined by x.'],
    ["ids:0x7", '"0x7" in ids:0x7 is not a shape'],
    ["normal:", '"" in normal: is not a shape'],
    ["zeros:99999x99999", "would have 9999800001 elements; the limit is 2147483648"],
  ])("refuses %j with a reason", (text, message) => {
    expect(() => parseInputSpec(text)).toThrow(message);
  });

  it("says how to give a scalar when a shape is wrong", () => {
    expect(() => parseInputSpec("ones:")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("--input keep_prob=1.0") }),
    );
  });
});
