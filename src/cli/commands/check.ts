import { join, relative } from "node:path";
import chalk from "chalk";
import { checkResolved, resolveInput } from "../../check/check.js";
import type { ResolvedConfig } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";
import { createProgress } from "../../report/progress.js";
import type { CheckArguments } from "../options.js";
import { reportFailure } from "./report-failure.js";

/**
 * `parity check`: the view on standard output, progress on standard error; with `--json` the result on standard output
 * and nothing else there. Gives the exit code back; errors are thrown for main to show.
 */
export async function runCheck(args: CheckArguments): Promise<number> {
  const { overrides, display } = args;
  const progress = createProgress(process.stderr);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  // Not once(): execa's own listener kills the process when it finds that it is the only one left.
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  let config: ResolvedConfig | null = null;
  try {
    config = await resolveInput(args.configPath, { overrides });
    const result = await checkResolved(config, {
      signal: abort.signal,
      ...(config.report.length === 0 ? {} : { reproductions: config.out }),
      overrides,
      details: config.report.some((format) => format === "html" || format === "json"),
      onProgress: (key, text, finished) =>
        finished === true ? progress.finish(key, text) : progress.update(key, text),
    });
    // Loaded late on purpose: the two sides have long been started by now.
    const { announce, findContext, renderJson, renderTerminal, wantsGitHub, writeReports } = await import(
      "../../report/index.js"
    );
    if (abort.signal.aborted) throw new ParityError("INTERRUPTED", "interrupted");
    const context = findContext(process.cwd(), config.configPath);
    const written = await writeReports(result, { dir: config.out, formats: config.report, context });
    progress.done();
    const annotations = wantsGitHub(config.report, process.env) ? await announce({ result }, context, process.env) : "";
    if (display.json) {
      process.stdout.write(`${renderJson(config.report.includes("json") ? result : { ...result, details: [] })}\n`);
      process.stderr.write(annotations);
      return result.exitCode;
    }
    const page = written.find((path) => path.endsWith(".html")) ?? written[0];
    process.stdout.write(
      `${renderTerminal(result, {
        color: display.color && chalk.level > 0,
        width: process.stdout.columns ?? 120,
        verbose: display.verbose,
        ...(page === undefined ? {} : { reportPath: shorten(page) }),
      })}\n${annotations}`,
    );
    return result.exitCode;
  } catch (error) {
    progress.done();
    await reportFailure(error, config, overrides, display.json ? process.stderr : process.stdout);
    throw error;
  } finally {
    progress.done();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

/** A path as the user would type it. */
function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : join(".", near);
}
