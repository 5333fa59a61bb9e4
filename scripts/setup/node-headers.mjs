import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/**
 * The folder for node-gyp's `--nodedir`: one that holds include/node of this Node's major version. Null when there is none.
 * @returns {string | null}
 */
export function findNodeHeaders() {
  const prefixes = [
    process.env.npm_config_nodedir,
    dirname(dirname(realpathSync(process.execPath))),
    String(process.config.variables.node_prefix ?? ""),
    "/usr",
    "/usr/local",
    // Where `node-gyp install` puts what it downloads.
    join(homedir(), ".cache", "node-gyp", process.versions.node),
  ];
  return prefixes.find((prefix) => prefix !== undefined && prefix !== "" && holdsHeaders(prefix)) ?? null;
}

/** @param {string} prefix */
function holdsHeaders(prefix) {
  const folder = join(prefix, "include", "node");
  if (!existsSync(join(folder, "node_api.h"))) return false;
  const [major] = process.versions.node.split(".");
  const version = readFileSync(join(folder, "node_version.h"), "utf8");
  return new RegExp(`#define NODE_MAJOR_VERSION ${major}\\b`).test(version);
}
