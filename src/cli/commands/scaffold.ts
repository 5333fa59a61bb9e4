import chalk from "chalk";
import { EXIT } from "../../errors.js";
import { renderScaffolded } from "../../scaffold/render-scaffolded.js";
import { scaffold } from "../../scaffold/scaffold.js";
import type { ScaffoldArguments } from "../scaffold-options.js";

/** `parity scaffold`: writes the skeleton and says so on standard output. */
export function runScaffold({ model, json, color, ...options }: ScaffoldArguments): number {
  const written = scaffold(model, options);
  const view = { color: color && chalk.level > 0, width: process.stdout.columns ?? 120 };
  process.stdout.write(json ? `${JSON.stringify(written, null, 2)}\n` : renderScaffolded(written, view));
  return EXIT.parity;
}
