import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram } from "./find-program.mjs";

/**
 * npm's own program and the node-gyp it carries. Beside Node, or where distributions put them.
 * @returns {{ cli: string, nodeGyp: string | null } | null}
 */
export function findNpm() {
  for (const folder of npmFolders()) {
    const cli = join(folder, "bin", "npm-cli.js");
    if (!existsSync(cli)) continue;
    const nodeGyp = [join(folder, "node_modules", "node-gyp"), join(dirname(folder), "node-gyp")]
      .map((candidate) => join(candidate, "bin", "node-gyp.js"))
      .find((file) => existsSync(file));
    return { cli, nodeGyp: nodeGyp ?? null };
  }
  return null;
}

/** @returns {string[]} folders that may hold the npm package, likeliest first */
function npmFolders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const inPath = findProgram("npm");
  return [
    // Set when `npm run` started us: /usr/lib/node_modules/npm/bin/npm-cli.js. Another package manager sets its own.
    ...(process.env.npm_execpath?.endsWith("npm-cli.js") ? [dirname(dirname(process.env.npm_execpath))] : []),
    ...(inPath === null ? [] : [dirname(dirname(realpathSync(inPath)))]),
    join(prefix, "lib", "node_modules", "npm"),
    "/usr/lib/node_modules/npm",
    "/usr/local/lib/node_modules/npm",
    "/usr/share/nodejs/npm",
  ];
}
