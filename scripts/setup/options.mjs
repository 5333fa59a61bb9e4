import { parseArgs } from "node:util";
import { SetupStop } from "./stop.mjs";

export const USAGE = `usage: node scripts/setup.mjs [--check] [--quiet] [--with-browser] [--skip-build]

Installs what parity needs and is missing: npm packages, Python packages in .venv, the tfjs-node addon, dist/.

  --check         only say what is missing; exit 1 when something is
  --quiet         say nothing unless it fails
  --with-browser  Chromium too, which only the tests need
  --skip-build    leave dist/ as it is

PARITY_PYTHON=/path/to/python   use that interpreter and its packages; make no .venv`;

/**
 * @typedef {{ check: boolean, quiet: boolean, withBrowser: boolean, skipBuild: boolean, help: boolean }} SetupOptions
 */

/**
 * @param {readonly string[]} args
 * @returns {SetupOptions}
 */
export function readOptions(args) {
  const flag = /** @type {const} */ ({ type: "boolean", default: false });
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { check: flag, quiet: flag, "with-browser": flag, "skip-build": flag, help: flag },
    });
    return {
      check: values.check === true,
      quiet: values.quiet === true,
      withBrowser: values["with-browser"] === true,
      skipBuild: values["skip-build"] === true,
      help: values.help === true,
    };
  } catch (error) {
    throw new SetupStop(error instanceof Error ? error.message : String(error), USAGE);
  }
}
