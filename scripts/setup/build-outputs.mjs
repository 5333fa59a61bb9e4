import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { hashFiles } from "./hash-files.mjs";
import { IS_CHECKOUT, ROOT } from "./paths.mjs";
import { readJson } from "./read-json.mjs";
import { runChild } from "./run-child.mjs";

const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".build.json");
const KERNEL = "src/compare/kernel";
const PAGE = "src/report/html/page";

/**
 * What is built apart from the others, in order: each part is rebuilt when the content of its sources changed.
 * `proof` is a file that the part leaves; when it is gone the part is built again.
 */
const PARTS = [
  {
    name: "kernel",
    proof: "dist/compare/kernel.wasm",
    hash: () => hashFiles([KERNEL, "scripts/build-kernel.mjs", "package-lock.json"]),
    args: ["scripts/build-kernel.mjs"],
  },
  {
    name: "report page",
    proof: null,
    // The page shares types and formatting with the terminal, and its bundle holds whatever it imports of it.
    hash: () => hashFiles(["src/report", "scripts/build-report-page.mjs", "package-lock.json"]),
    args: ["scripts/build-report-page.mjs"],
  },
  {
    name: "dist",
    proof: "dist/cli/main.js",
    hash: () =>
      hashFiles(
        ["src", "tsconfig.json", "package-lock.json"],
        (file) => !file.startsWith(KERNEL) && !file.startsWith(PAGE),
      ),
    args: ["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"],
  },
];

/** @type {import("./types.mjs").Step} */
export const buildOutputs = {
  name: "build",

  missing() {
    // The published package carries dist.
    if (!IS_CHECKOUT) return null;
    const outdated = listOutdated();
    return outdated.length === 0 ? null : outdated.map((part) => part.name).join(", ");
  },

  async install(show) {
    for (const part of listOutdated()) {
      show(part.name);
      const hash = part.hash();
      await runChild(process.execPath, part.args, {
        log: `build-${part.name.replace(" ", "-")}`,
        failed: `Building the ${part.name} failed`,
        hint: "Mend what the lines above name, then run this again.",
        show: () => {},
      });
      if (part.name === "dist") removeLeftovers();
      mkdirSync(DIST, { recursive: true });
      writeFileSync(STAMP, `${JSON.stringify({ ...readJson(STAMP), [part.name]: hash })}\n`);
    }
  },
};

function listOutdated() {
  const built = readJson(STAMP) ?? {};
  return PARTS.filter(
    ({ name, proof, hash }) => built[name] !== hash() || (proof !== null && !existsSync(join(ROOT, proof))),
  );
}

/** tsc leaves the output of sources that were removed or renamed, and an import of it would still work. */
function removeLeftovers() {
  const declared = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.name.endsWith(".d.ts"),
  );
  for (const entry of declared) {
    const output = join(entry.parentPath ?? entry.path, entry.name).slice(0, -".d.ts".length);
    if (existsSync(`${join(ROOT, "src", relative(DIST, output))}.ts`)) continue;
    for (const ending of [".d.ts", ".js", ".js.map"]) rmSync(output + ending, { force: true });
  }
}
