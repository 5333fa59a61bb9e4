import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countPytest, countVitest } from "../../scripts/setup/test-results.mjs";
import { PYTHON, ROOT } from "../helpers/python.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "parity-results-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("vitest's own report is counted, a file that does not even load as one failure", async () => {
  writeFileSync(
    join(folder, "some.test.mjs"),
    'test("good", () => {}); test("bad", () => { throw new Error("bad"); });',
  );
  writeFileSync(join(folder, "broken.test.mjs"), 'throw new Error("does not load");');
  const report = join(folder, "vitest.json");
  await execa(
    process.execPath,
    [
      `${ROOT}node_modules/vitest/vitest.mjs`,
      "run",
      "--globals",
      "--root",
      folder,
      "--reporter=json",
      `--outputFile=${report}`,
    ],
    { reject: false, cwd: folder },
  );
  expect(countVitest(JSON.parse(readFileSync(report, "utf8")))).toEqual({ passed: 1, failed: 2 });
});

test("pytest's own report is counted, an error as a failure and a skipped test not at all", async () => {
  const tests = `
import pytest
def test_good(): pass
def test_also_good(): pass
def test_bad(): assert False
def test_needs(absent_fixture): pass
@pytest.mark.skip
def test_skipped(): pass
`;
  writeFileSync(join(folder, "test_some.py"), tests);
  const report = join(folder, "pytest.xml");
  await execa(PYTHON, ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`, folder], {
    reject: false,
  });
  expect(countPytest(readFileSync(report, "utf8"))).toEqual({ passed: 2, failed: 2 });
});

test("a run without a report counts nothing as passed", () => {
  expect(countVitest(null)).toEqual({ passed: 0, failed: 0 });
  expect(countPytest("")).toEqual({ passed: 0, failed: 0 });
});
