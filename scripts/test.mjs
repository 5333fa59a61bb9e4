#!/usr/bin/env node
// Sets up what is missing, a browser too, and runs the tests. Extra arguments go to vitest: npm test -- test/formats
import { runInherited } from "./setup/run-inherited.mjs";

const setup = await runInherited(["scripts/setup.mjs", "--with-browser"]);
process.exitCode =
  setup === 0 ? await runInherited(["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]) : setup;
