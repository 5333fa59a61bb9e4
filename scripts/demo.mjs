#!/usr/bin/env node
// Sets up what is missing and checks the example as a user would. Extra arguments go to `parity check`.
import { runNode } from "./setup/run-inherited.mjs";

process.exitCode = await runNode("scripts/setup.mjs");
if (process.exitCode === 0) {
  const args = ["check", "examples/gpt2/parity.config.ts", ...process.argv.slice(2)];
  process.exitCode = await runNode("dist/cli/main.js", ...args);
}
