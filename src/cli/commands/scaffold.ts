import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import chalk from "chalk";
import { readableReference } from "../../check/readable-reference.js";
import { plainReference } from "../../config/plain-reference.js";
import { EXIT } from "../../errors.js";
import { renderScaffolded } from "../../scaffold/render-scaffolded.js";
import { scaffold } from "../../scaffold/scaffold.js";
import { interruptible } from "../interruptible.js";
import type { ScaffoldArguments } from "../scaffold-options.js";

/** Long enough for Python to build and export a large model. */
const TIMEOUT_MS = 600_000;

/** `parity scaffold`: writes the skeleton and says so on standard output. Keras models and code are exported by Python first. */
export async function runScaffold({ model, json, color, ...options }: ScaffoldArguments): Promise<number> {
  const written = await interruptible(async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), "parity-"));
    try {
      const settings = { folder, seed: 0, timeoutMs: TIMEOUT_MS, signal };
      const { exported } = await readableReference(plainReference(resolve(model)), settings);
      return scaffold(model, options, exported?.prefix ?? model);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  const view = { color: color && chalk.level > 0, width: process.stdout.columns ?? 120 };
  process.stdout.write(json ? `${JSON.stringify(written, null, 2)}\n` : renderScaffolded(written, view));
  return EXIT.parity;
}
