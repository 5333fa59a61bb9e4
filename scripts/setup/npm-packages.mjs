import { existsSync } from "node:fs";
import { join } from "node:path";
import { findNpm } from "./npm-location.mjs";
import { IS_CHECKOUT, ROOT } from "./paths.mjs";
import { readJson } from "./read-json.mjs";
import { runChild } from "./run-child.mjs";
import { SetupStop } from "./stop.mjs";

/** @type {import("./types.mjs").Step} */
export const npmPackages = {
  name: "npm packages",

  missing() {
    // In the published package, whoever installed it installed its dependencies.
    if (!IS_CHECKOUT) return null;
    const locked = readJson(join(ROOT, "package-lock.json"));
    const installed = readJson(join(ROOT, "node_modules", ".package-lock.json"));
    if (installed === null) return "node_modules is missing";
    return (
      findLockDifference(locked, installed) ?? findMissingFolder(installed, (folder) => existsSync(join(ROOT, folder)))
    );
  },

  async install(show) {
    const npm = findNpm();
    if (npm === null)
      throw new SetupStop("npm was not found.", "Install npm beside Node; on Debian: apt-get install npm");
    await runChild(process.execPath, [npm.cli, "ci", "--no-audit", "--no-fund", "--loglevel=http"], {
      log: "npm-ci",
      failed: "npm ci failed",
      hint: "Check the network or the registry that npm uses (npm config get registry), then run this again.",
      show,
    });
  },
};

/**
 * The first package whose installed version is not the locked one, in words; null when all are as locked.
 * npm keeps what it installed in `node_modules/.package-lock.json`, written last: a broken-off install does not have it.
 * @param {any} locked package-lock.json
 * @param {any} installed node_modules/.package-lock.json
 * @returns {string | null}
 */
export function findLockDifference(locked, installed) {
  for (const [folder, wanted] of Object.entries(locked?.packages ?? {})) {
    if (folder === "") continue;
    const found = installed.packages?.[folder];
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    if (found === undefined) {
      // Builds for other platforms are optional and left out on purpose; `npm ci` also passes over what nothing depends on.
      if (wanted.optional || wanted.devOptional || wanted.extraneous) continue;
      return `${name} is not installed`;
    }
    if (found.version !== wanted.version) return `${name} is ${found.version}, locked at ${wanted.version}`;
    if (found.integrity !== wanted.integrity) return `${name} ${wanted.version} is not the locked file`;
  }
  return null;
}

/**
 * @param {any} installed
 * @param {(folder: string) => boolean} exists
 * @returns {string | null}
 */
export function findMissingFolder(installed, exists) {
  const gone = Object.keys(installed.packages ?? {}).find((folder) => !exists(folder));
  return gone === undefined ? null : `${gone} was removed`;
}
