import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { STATE } from "./paths.mjs";
import { readJson } from "./read-json.mjs";

const FOLDER = join(STATE, "tests");
export const VITEST_RESULT = join(FOLDER, "vitest.json");
export const PYTEST_RESULT = join(FOLDER, "pytest.xml");

/**
 * What the last `npm test` has counted.
 * @returns {{ passed: number, failed: number }}
 */
export function countTests() {
  const results = [
    ...(existsSync(VITEST_RESULT) ? [countVitest(readJson(VITEST_RESULT))] : []),
    ...(existsSync(PYTEST_RESULT) ? [countPytest(readFileSync(PYTEST_RESULT, "utf8"))] : []),
  ];
  return {
    passed: results.reduce((sum, one) => sum + one.passed, 0),
    failed: results.reduce((sum, one) => sum + one.failed, 0),
  };
}

/**
 * A file that fails before its tests run has no failed test: it counts as one.
 * @param {any} report of vitest's json reporter
 */
export function countVitest(report) {
  /** @type {any[]} */
  const files = report?.testResults ?? [];
  const broken = files.filter(
    (file) =>
      file.status === "failed" && !file.assertionResults.some((/** @type {any} */ test) => test.status === "failed"),
  );
  return { passed: Number(report?.numPassedTests ?? 0), failed: Number(report?.numFailedTests ?? 0) + broken.length };
}

/** @param {string} xml of pytest's --junitxml */
export function countPytest(xml) {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? "";
  const count = (/** @type {string} */ name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return { passed: count("tests") - failed - count("skipped"), failed };
}
