#!/usr/bin/env node
// Sets up what is missing and checks the example as a user would. Extra arguments go to `parity check`.
import { runInherited } from "./setup/run-inherited.mjs";

const setup = await runInherited(["scripts/setup.mjs"]);
process.exitCode =
  setup === 0
    ? await runInherited(["dist/cli/main.js", "check", "examples/gpt2/parity.config.ts", ...process.argv.slice(2)])
    : setup;
