import { createHash } from "node:crypto";
import type { CheckResult } from "../types.js";
import { escapeHtml } from "./escape-html.js";
import { loadPage } from "./load-page.js";
import { renderDetailChunks, renderResultChunk } from "./render-chunks.js";
import { renderNoscript } from "./render-noscript.js";

/**
 * The report as one self-contained HTML file: script, style and data inside, no request to anywhere. The policy lets
 * exactly this script and this style run, by their hashes, and nothing load. The details of layers stand behind the
 * script, so that the page can be read before they have been. Throws RUNTIME_MISSING when the page was not built.
 */
export function renderHtml(result: CheckResult): string {
  const { script, style } = loadPage();
  assertEmbeddable(script, "</script");
  assertEmbeddable(style, "</style");
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    // Without an icon of its own a page served over HTTP makes the browser ask for one.
    '<link rel="icon" href="data:,">',
    `<title>${escapeHtml(`${result.name}: ${result.verdict}`)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    '<div id="page"></div>',
    renderNoscript(result),
    renderResultChunk(result),
    `<script>${script}</script>`,
    ...renderDetailChunks(result),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
}

/** The bundler escapes closing tags in strings; should that ever change, no broken report is written. */
function assertEmbeddable(text: string, closing: string): void {
  if (text.toLowerCase().includes(closing)) throw new Error(`the bundled page contains ${closing}`);
}
