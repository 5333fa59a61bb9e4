import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./find-program.mjs";
import { ROOT } from "./paths.mjs";
import { SetupStop } from "./stop.mjs";

export const VENV = join(ROOT, ".venv");
export const VENV_PYTHON = join(VENV, "bin", "python");

/** Pythons for which the pinned tensorflow-cpu and torch both publish wheels. */
const OLDEST = [3, 10];
const NEWEST = [3, 13];
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/** @returns {string | null} the user's own interpreter, which set-up uses but does not change */
export function ownPython() {
  return process.env.PARITY_PYTHON || null;
}

/**
 * An interpreter that can make the virtual environment.
 * @returns {string}
 */
export function findBasePython() {
  const seen = [];
  for (const name of NAMES) {
    const file = findProgram(name);
    const version = file === null ? null : readVersion(file);
    if (file === null || version === null) continue;
    seen.push(`${name} is ${version.join(".")}`);
    if (!isAtLeast(version, OLDEST) || !isAtLeast(NEWEST, version)) continue;
    assertVenvModule(file, version);
    return file;
  }
  throw new SetupStop(
    `No Python between ${OLDEST.join(".")} and ${NEWEST.join(".")} was found${seen.length > 0 ? ` (${seen.join(", ")})` : ""}.`,
    "Install one; on Debian or Ubuntu: apt-get install python3 python3-venv\n" +
      "Or name an interpreter that has torch: PARITY_PYTHON=/path/to/python npm run setup",
  );
}

/**
 * @param {string} python
 * @returns {number[] | null} [major, minor]
 */
function readVersion(python) {
  const run = spawnSync(python, ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
  const version = (run.stdout ?? "").trim().split(" ").map(Number);
  return run.status === 0 && version.length === 2 ? version : null;
}

/**
 * @param {readonly number[]} version
 * @param {readonly number[]} minimum
 */
function isAtLeast([major = 0, minor = 0], [minMajor = 0, minMinor = 0]) {
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

/**
 * Debian packs `venv` and `ensurepip` apart from Python.
 * @param {string} python
 * @param {readonly number[]} version
 */
function assertVenvModule(python, version) {
  if (spawnSync(python, ["-c", "import venv, ensurepip"]).status === 0) return;
  throw new SetupStop(
    `${python} has no venv module.`,
    `On Debian or Ubuntu: apt-get install python3-venv (or python${version.join(".")}-venv)`,
  );
}

/** @returns {boolean} false too when the Python that the environment was made from is gone */
export function hasVenv() {
  return existsSync(VENV_PYTHON);
}
