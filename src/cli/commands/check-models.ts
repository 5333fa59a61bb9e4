import chalk from "chalk";
import type { ResolvedConfig } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { renderModelsJson } from "../../report/models/json.js";
import { combineExitCodes, type ModelOutcome } from "../../report/models/outcome.js";
import { renderModels } from "../../report/models/terminal.js";
import type { CheckResult } from "../../report/types.js";
import type { DisplayOptions } from "../options.js";

/** One model checked and its reports written. `page` is the report to look at, as the user would type it. */
export interface CheckedModel {
  readonly result: CheckResult;
  readonly page: string | null;
  /** Workflow commands for GitHub; empty elsewhere. */
  readonly annotations: string;
}

/** Checks one model; the name is given when it is one of several. */
export type CheckModel = (config: ResolvedConfig, name?: string) => Promise<CheckedModel>;

/** Checks the models one after the other: each has the machine for itself, and one that cannot be run does not stop the others. */
export async function checkModels(models: readonly ResolvedConfig[], check: CheckModel): Promise<ModelOutcome[]> {
  const outcomes: ModelOutcome[] = [];
  for (const config of models) outcomes.push(await tryModel(config, check, models.length > 1));
  return outcomes;
}

async function tryModel(config: ResolvedConfig, check: CheckModel, several: boolean): Promise<ModelOutcome> {
  const { name } = config;
  try {
    return { name, ...(await check(config, several ? name : undefined)) };
  } catch (error) {
    if (!(error instanceof ParityError) || error.code === "INTERRUPTED") throw error;
    return { name, error };
  }
}

/** Prints what all came to, with annotations for GitHub, and gives the exit code of all together. */
export async function printModels(outcomes: readonly ModelOutcome[], display: DisplayOptions): Promise<number> {
  process.stdout.write(
    display.json
      ? renderModelsJson(outcomes)
      : renderModels(outcomes, {
          color: display.color && chalk.level > 0,
          width: process.stdout.columns ?? 120,
          verbose: display.verbose,
        }),
  );
  const annotations = outcomes.map((one) => ("result" in one ? (one.annotations ?? "") : "")).join("");
  (display.json ? process.stderr : process.stdout).write(annotations);
  return combineExitCodes(outcomes);
}
