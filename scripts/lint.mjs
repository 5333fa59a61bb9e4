#!/usr/bin/env node
import { findNpm } from "./setup/npm-location.mjs";
// Runs every check that is not a test, all of them even when one fails, and says which failed. Exit code 1 then.
import { runNode } from "./setup/run-inherited.mjs";

const npm = findNpm();
if (npm === null) throw new Error("npm was not found");

/** @type {string[]} */
const failed = [];
for (const check of ["lint:code", "lint:boundaries", "lint:unused", "lint:python"]) {
  console.log(`\n… ${check}`);
  if ((await runNode(npm.cli, "run", "--silent", check)) !== 0) failed.push(check);
}
console.log(failed.length === 0 ? "\n✓ lint" : `\n✗ lint: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
