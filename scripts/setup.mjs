#!/usr/bin/env node
// Installs what parity needs and is missing. Runs before there are any packages: Node's own modules only.
import { checkNode, minimumNode } from "./setup/node-version.mjs";
import { SetupStop } from "./setup/stop.mjs";

/** What cannot be done is told with exit code 2, as `parity` itself does. */
const CANNOT_GO_ON = 2;

try {
  checkNode(process.versions.node, minimumNode());
  // Loaded only now: an old Node would stumble over what these files import, before it is told that it is old.
  const { readOptions, USAGE } = await import("./setup/options.mjs");
  const { runSetup } = await import("./setup/run-setup.mjs");
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else process.exitCode = await runSetup(options);
} catch (error) {
  if (!(error instanceof SetupStop)) throw error;
  if (error.detail !== "") console.error(`\n${error.detail}\n`);
  console.error(`${error.message}\n${error.hint}`);
  process.exitCode = CANNOT_GO_ON;
}
