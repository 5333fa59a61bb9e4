import chalk from "chalk";
import { EXIT } from "../../errors.js";
import { inspectModel } from "../../inspect/inspect.js";
import { renderInspection } from "../../inspect/render-inspection.js";
import type { InspectArguments } from "../inspect-options.js";

/** `parity inspect`: what a model is made of, on standard output. */
export async function runInspect({ model, json, full, depth, color }: InspectArguments): Promise<number> {
  const inspection = await inspectModel(model);
  const view = { color: color && chalk.level > 0, width: process.stdout.columns ?? 120, depth, full };
  process.stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : renderInspection(inspection, view));
  return EXIT.parity;
}
