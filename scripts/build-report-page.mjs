// Bundles the report's page (src/report/html/page) into dist/report/html/page.js and page.css, which every report embeds.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const page = `${root}src/report/html/page`;
const target = `${root}dist/report/html`;

const result = await build({
  entryPoints: { page: `${page}/main.tsx`, "page-style": `${page}/style/page.css` },
  bundle: true,
  write: false,
  outdir: target,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  charset: "utf8",
  logLevel: "warning",
});

await mkdir(target, { recursive: true });
for (const file of result.outputFiles) {
  const name = file.path.endsWith(".css") ? "page.css" : "page.js";
  // Renamed into place, so that a report made meanwhile never embeds half a page.
  const temporary = `${target}/.${name}.${process.pid}`;
  try {
    await writeFile(temporary, file.contents);
    await rename(temporary, `${target}/${name}`);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
