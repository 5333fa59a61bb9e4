import { existsSync } from "node:fs";
import chalk from "chalk";
import { checkResolved, resolveInputs } from "../../check/check.js";
import type { ResolvedConfig } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { createProgress, type Progress } from "../../report/progress.js";
import type { CheckResult } from "../../report/types.js";
import { interruptible } from "../interruptible.js";
import type { CheckArguments, DisplayOptions } from "../options.js";
import { shorten } from "../shorten.js";
import type { CheckedModel } from "./check-models.js";
import { reportFailure } from "./report-failure.js";

/**
 * `parity check`: the view on standard output, progress on standard error; with `--json` the result on standard output
 * and nothing else there. Gives the exit code back; errors are thrown for main to show.
 */
export async function runCheck(args: CheckArguments): Promise<number> {
  const { overrides, display } = args;
  refuseToReplace(display.explainMap);
  const progress = createProgress(process.stderr);
  return interruptible(async (signal) => {
    let resolved = false;
    try {
      const { models, several, out } = await resolveInputs(args.configPath, { overrides });
      resolved = true;
      const check = (one: ResolvedConfig, name?: string) => checkOne(one, args, signal, progress, name);
      if (overrides.shard !== undefined) {
        const { checkShard } = await import("./check-shard.js");
        const exitCode = await checkShard({ models, several, out, shard: overrides.shard, display }, check);
        return exitCode;
      }
      const [only, ...others] = models;
      if (only === undefined || others.length > 0) {
        const { checkModels, printModels } = await import("./check-models.js");
        const outcomes = await checkModels(models, check);
        progress.done();
        return await printModels(outcomes, display);
      }
      const { result, page, annotations } = await check(only);
      progress.done();
      const { renderJson, renderTerminal } = await import("../../report/index.js");
      const map = await explainMap(result, display, process.stdout.columns ?? 120);
      if (display.json) {
        process.stdout.write(`${renderJson(only.report.includes("json") ? result : { ...result, details: [] })}\n`);
        process.stderr.write(`${annotations}${map}`);
        return result.exitCode;
      }
      process.stdout.write(
        `${renderTerminal(result, {
          color: display.color && chalk.level > 0,
          width: process.stdout.columns ?? 120,
          verbose: display.verbose,
          ...(page === null ? {} : { reportPath: page }),
        })}\n${map}${annotations}`,
      );
      return result.exitCode;
    } catch (error) {
      progress.done();
      // What ends the check of a model is reported where that model is checked.
      if (!resolved) await reportFailure(error, null, overrides, display.json ? process.stderr : process.stdout);
      throw error;
    } finally {
      progress.done();
    }
  });
}

/** Before anything runs: a map that somebody edited may be the only one of its kind. */
function refuseToReplace(file: DisplayOptions["explainMap"]): void {
  if (typeof file !== "string" || !existsSync(file)) return;
  throw new ParityError("USAGE", `${file} exists already.`, {
    where: { file, key: "--explain-map" },
    hint: `Name another file, or use that one with --map ${file}.`,
  });
}

/** How the pairs were found, as text, where that was asked for; written as a map file where one was named. */
async function explainMap(result: CheckResult, { explainMap: wanted }: DisplayOptions, width: number): Promise<string> {
  if (wanted === undefined) return "";
  const { renderMapFile, renderMapTable, replaceFile } = await import("../../report/index.js");
  const table = renderMapTable(result, width);
  if (wanted === true) return `${table}\n`;
  await replaceFile(wanted, renderMapFile(result));
  return `${table}\n  map      ${wanted}\n\n`;
}

/** Checks one model; `name` stands before what goes on when it is one of several. */
async function checkOne(
  config: ResolvedConfig,
  { overrides, display }: CheckArguments,
  signal: AbortSignal,
  progress: Progress,
  name?: string,
): Promise<CheckedModel> {
  const told = (text: string): string => (name === undefined ? text : `${name}: ${text}`);
  try {
    const result = await checkResolved(config, {
      signal,
      ...(config.report.length === 0 ? {} : { reproductions: config.out }),
      overrides,
      details: config.report.some((format) => format === "html" || format === "json"),
      onProgress: (key, text, finished) =>
        finished === true ? progress.finish(key, told(text)) : progress.update(key, told(text)),
    });
    // Loaded late on purpose: the two sides have long been started by now.
    const { announce, findContext, wantsGitHub, writeReports } = await import("../../report/index.js");
    if (signal.aborted) throw new ParityError("INTERRUPTED", "interrupted");
    const context = findContext(process.cwd(), config.configPath);
    const written = await writeReports(result, { dir: config.out, formats: config.report, context });
    const annotations = wantsGitHub(config.report, process.env) ? await announce({ result }, context, process.env) : "";
    const page = written.find((path) => path.endsWith(".html")) ?? written[0];
    return { result, page: page === undefined ? null : shorten(page), annotations };
  } catch (error) {
    progress.done();
    await reportFailure(error, config, overrides, display.json ? process.stderr : process.stdout);
    throw error;
  }
}
