import chalk from "chalk";
import { compareFiles } from "../../check/tensors/compare-files.js";
import { renderTensors } from "../../report/tensors/render-tensors.js";
import type { CompareArguments } from "../compare-options.js";

/** `parity compare`: the table on standard output. 0 within the bounds, 1 not, 2 nothing was compared. */
export async function runCompare(args: CompareArguments): Promise<number> {
  const { reference, candidate, all, json, color, ...options } = args;
  const result = await compareFiles(reference, candidate, options);
  const view = { color: color && chalk.level > 0, width: process.stdout.columns ?? 120, all };
  process.stdout.write(json ? `${JSON.stringify(result, writeNumber, 2)}\n` : renderTensors(result, view));
  return result.exitCode;
}

/** What JSON cannot hold is text, as in report.json. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
