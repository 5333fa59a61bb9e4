import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resolvePython } from "../../src/runners/python-path.js";
import { ROOT } from "../helpers/python.js";

let environment: string;

beforeEach(() => {
  environment = mkdtempSync(join(tmpdir(), "parity-venv-"));
  mkdirSync(join(environment, "bin"));
  writeFileSync(join(environment, "bin", "python"), "");
  vi.stubEnv("PARITY_PYTHON", undefined);
  vi.stubEnv("VIRTUAL_ENV", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(environment, { recursive: true, force: true });
});

test("the interpreter that was asked for wins over the environment", () => {
  vi.stubEnv("PARITY_PYTHON", "/from/variable");
  expect(resolvePython("python3.12")).toBe("python3.12");
});

test("PARITY_PYTHON wins over an activated environment", () => {
  vi.stubEnv("PARITY_PYTHON", "/from/variable");
  vi.stubEnv("VIRTUAL_ENV", environment);
  expect(resolvePython()).toBe("/from/variable");
});

test("an activated virtual environment is used, one that was deleted is passed over", () => {
  vi.stubEnv("VIRTUAL_ENV", environment);
  expect(resolvePython()).toBe(join(environment, "bin", "python"));
  vi.stubEnv("VIRTUAL_ENV", join(environment, "deleted"));
  expect(resolvePython()).not.toContain("deleted");
});

test("empty variables count as unset", () => {
  vi.stubEnv("PARITY_PYTHON", "");
  vi.stubEnv("VIRTUAL_ENV", "");
  expect([`${ROOT}.venv/bin/python`, "python3"]).toContain(resolvePython(""));
});
