#!/usr/bin/env node
// Builds dist/ where its sources changed: the kernel, the report page, the TypeScript. --force builds all of it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildOutputs } from "./setup/build-outputs.mjs";
import { ROOT } from "./setup/paths.mjs";
import { startProgress } from "./setup/progress.mjs";
import { SetupStop } from "./setup/stop.mjs";

if (process.argv.includes("--force")) rmSync(join(ROOT, "dist"), { recursive: true, force: true });
const why = buildOutputs.missing();
if (why !== null) {
  const progress = startProgress(buildOutputs.name, why, { quiet: false });
  try {
    await buildOutputs.install(progress.show);
    progress.done();
  } catch (error) {
    progress.fail();
    if (!(error instanceof SetupStop)) throw error;
    console.error(`\n${error.detail}\n\n${error.message}`);
    process.exitCode = 2;
  }
}
