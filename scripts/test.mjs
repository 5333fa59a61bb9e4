#!/usr/bin/env node
// Sets up what is missing, a browser too, and runs the tests: vitest, then pytest for the harness.
// Extra arguments go to vitest; with a file filter among them (npm test -- test/formats) vitest is all that runs.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./setup/paths.mjs";
import { ownPython, VENV_PYTHON } from "./setup/python-location.mjs";
import { runInherited, runNode } from "./setup/run-inherited.mjs";
import { PYTEST_RESULT, VITEST_RESULT } from "./setup/test-results.mjs";

const args = process.argv.slice(2);
const hasFilter = args.some((arg) => !arg.startsWith("-"));
// A run that dies must not be counted by the results of the one before.
rmSync(dirname(VITEST_RESULT), { recursive: true, force: true });

process.exitCode = await runNode("scripts/setup.mjs", "--with-browser");
if (process.exitCode === 0) {
  const reporters = args.some((arg) => arg.startsWith("--reporter"))
    ? []
    : ["--reporter=default", "--reporter=json", `--outputFile.json=${VITEST_RESULT}`];
  const vitest = await runNode("node_modules/vitest/vitest.mjs", "run", ...reporters, ...args);
  const pytest = hasFilter ? 0 : await runPytest();
  process.exitCode = vitest === 0 ? pytest : vitest;
}

/** From the harness's own folder, so that its package is found without being installed. */
function runPytest() {
  const python = ownPython() ?? VENV_PYTHON;
  return runInherited(python, ["-m", "pytest", "-q", `--junitxml=${PYTEST_RESULT}`], join(ROOT, "harness"));
}
