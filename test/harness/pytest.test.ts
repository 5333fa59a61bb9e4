import { execa } from "execa";
import { expect, test } from "vitest";
import { PYTHON, ROOT } from "../helpers/python.js";

test("the Python side keeps the runner protocol: every test of the harness passes", { timeout: 900_000 }, async () => {
  const result = await execa(PYTHON, ["-m", "pytest", "-q", "-p", "no:cacheprovider", "harness/tests"], {
    cwd: ROOT,
    env: { PYTHONPATH: `${ROOT}harness`, PYTHONDONTWRITEBYTECODE: "1" },
    all: true,
    reject: false,
  });
  expect(result.exitCode, result.all).toBe(0);
  expect(result.all).toMatch(/[0-9]+ passed/);
  expect(result.all).not.toMatch(/failed|skipped|error/);
});
