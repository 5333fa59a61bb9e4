import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { ParityError } from "../../src/errors.js";
import { parseResult, renderJson } from "../../src/report/json.js";
import { resultJsonSchema } from "../../src/report/schema.js";
import type { CheckResult } from "../../src/report/types.js";
import { sampleMetrics, samplePair } from "../helpers/sample-pair.js";
import { badResult, goodResult, hostileResult, inconclusiveResult } from "../helpers/sample-result.js";

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(resultJsonSchema());

/** A result with every number that JSON cannot hold, and texts that look like them. */
function strangeResult(): CheckResult {
  const metrics = {
    ...sampleMetrics(0.5),
    rms: Number.POSITIVE_INFINITY,
    cosine: Number.NaN,
    snrDb: Number.NEGATIVE_INFINITY,
  };
  const pair = samplePair("Infinity", { metrics, smallestTolerance: Number.POSITIVE_INFINITY, note: "NaN" });
  return { ...goodResult(1), name: "NaN", pairs: [pair] };
}

const RESULTS = [
  ["a good port", goodResult()],
  ["a broken port", badResult()],
  ["an inconclusive check", inconclusiveResult()],
  ["hostile names", hostileResult()],
  ["infinite and undefined figures", strangeResult()],
] as const;

describe("report.json keeps its contract", () => {
  test.each(RESULTS)("%s is valid by the published schema", (_name, result) => {
    validate(JSON.parse(renderJson(result)));
    expect(validate.errors).toBeNull();
  });

  test.each(RESULTS)("%s is read back as it was", (_name, result) => {
    expect(parseResult(renderJson(result))).toEqual(result);
  });

  test("schemaVersion is the first key, so that a reader can tell before it reads on", () => {
    expect(renderJson(goodResult())).toMatch(/^\{\n {2}"schemaVersion": 1,/);
  });

  test("a figure that JSON cannot hold is a string, and a name that looks like one stays a name", () => {
    const pair = JSON.parse(renderJson(strangeResult())).pairs[0];
    expect([pair.metrics.rms, pair.metrics.cosine, pair.metrics.snrDb]).toEqual(["Infinity", "NaN", "-Infinity"]);
    const read = parseResult(renderJson(strangeResult()));
    expect([read.name, read.pairs[0]?.id, read.pairs[0]?.note]).toEqual(["NaN", "Infinity", "NaN"]);
  });

  test("the schema has an id, and every property at the top a description", () => {
    const schema = resultJsonSchema() as {
      $id: string;
      $schema: string;
      properties: Record<string, { description?: string }>;
    };
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.$id).toBe("urn:parity:result:1");
    const bare = Object.entries(schema.properties).filter(([, property]) => property.description === undefined);
    expect(bare).toEqual([]);
  });
});

const BROKEN: readonly (readonly [string, (result: Record<string, unknown>) => void, string])[] = [
  ["a verdict of its own", (result) => Object.assign(result, { verdict: "fine" }), "verdict"],
  ["no findings", (result) => Reflect.deleteProperty(result, "findings"), "findings"],
  ["an exit code that does not exist", (result) => Object.assign(result, { exitCode: 3 }), "exitCode"],
  ["a number as a word", (result) => Object.assign(result, { timings: { compare: "fast" } }), "timings.compare"],
  ["pairs that are no pairs", (result) => Object.assign(result, { pairs: [{ id: "h.0" }] }), "pairs.0.reference"],
];

describe("what is no result is refused", () => {
  test.each(BROKEN)("%s: by the schema, and on reading, with the key", (_name, breakIt, key) => {
    const data = JSON.parse(renderJson(goodResult(1))) as Record<string, unknown>;
    breakIt(data);
    expect(validate(data)).toBe(false);
    const error = catchError(() => parseResult(JSON.stringify(data), "old/report.json"));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.where).toEqual({ file: "old/report.json", key });
    expect(error.hint).toContain("parity schema");
  });

  test("a file that is not JSON at all", () => {
    const error = catchError(() => parseResult("<html>", "index.html"));
    expect(error.message).toMatch(/^not JSON: /);
    expect(error.where).toEqual({ file: "index.html" });
  });

  test("a later schema version is told from a broken file", () => {
    const error = catchError(() => parseResult('{"schemaVersion": 2}'));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toBe("this report has schema version 2; version 1 is read here");
  });
});

function catchError(run: () => unknown): ParityError {
  try {
    run();
  } catch (error) {
    if (error instanceof ParityError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
