import chalk from "chalk";
import { weighLedger } from "../../check/ledger/weigh-ledger.js";
import { renderLedger } from "../../report/ledger/render-ledger.js";
import { interruptible } from "../interruptible.js";
import type { WeightsArguments } from "../weights-options.js";

/** `parity weights`: the ledger on standard output. 0 all equal, 1 something is not or has no partner, 2 in doubt. */
export async function runWeights(args: WeightsArguments): Promise<number> {
  const { reference, candidate, all, json, color, ...options } = args;
  const result = await interruptible((signal) => weighLedger(reference, candidate, { ...options, signal }));
  const view = { color: color && chalk.level > 0, width: process.stdout.columns ?? 120, all };
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : renderLedger(result, view));
  return result.exitCode;
}
