// Makes the pictures of the README from a real check: node scripts/screenshots.mjs (after npm run build).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../", import.meta.url));
const images = join(root, "docs/images");
const BROWSERS = [
  process.env.PARITY_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  chromium.executablePath(),
];

const folder = await mkdtemp(join(tmpdir(), "parity-screenshots-"));
try {
  const options = ["examples/gpt2/parity.config.ts", "--candidate", "examples/gpt2/faulty/two_faults.py:build"];
  const run = spawnSync("node", ["dist/cli/main.js", "check", ...options, "--out", folder], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.status !== 1) throw new Error(`the check of a faulty port ended with ${run.status}; it should be 1`);
  const { firstDivergence } = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
  await mkdir(images, { recursive: true });
  const executablePath = BROWSERS.find((path) => path !== undefined && path !== "" && existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium found: install it, or name one in PARITY_CHROMIUM");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const shoot = async (name, hash, { height = 800, colorScheme = "light" } = {}) => {
      const page = await browser.newPage({ viewport: { width: 1200, height }, colorScheme });
      await page.goto(`${pathToFileURL(join(folder, "index.html")).href}${hash}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      if (hash.startsWith("#/layer/")) await page.getByRole("application").first().waitFor();
      await page.evaluate(() => document.activeElement?.blur?.());
      // Two frames: the canvas and what was scrolled to are painted by then.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.screenshot({ path: join(images, `report-${name}.png`) });
      await page.close();
    };
    const layer = `#/layer/${encodeURIComponent(firstDivergence)}`;
    await shoot("mismatch", "");
    await shoot("ladder", "#/layers");
    await shoot("layer", layer, { height: 1000 });
    await shoot("layer-dark", `${layer}?view=sides`, { colorScheme: "dark" });
  } finally {
    await browser.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
