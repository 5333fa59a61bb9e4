import { resolve } from "node:path";
import type { CheckOverrides, ResolvedConfig } from "../../config/resolved.js";
import { ParityError } from "../../errors.js";

/**
 * Tells of a check that ended with an error where CI looks: in its reports and annotations. Those of an interrupted check would only
 * confuse. Never throws: the error itself is what the user must hear.
 *
 * @param config null when the error is in the configuration
 * @param log where annotations go: standard output, or standard error when that is taken
 */
export async function reportFailure(
  error: unknown,
  config: ResolvedConfig | null,
  overrides: CheckOverrides,
  log: NodeJS.WritableStream,
): Promise<void> {
  if (error instanceof ParityError && error.code === "INTERRUPTED") return;
  const formats = config?.report ?? overrides.report ?? ["json", "html"];
  const out = config?.out ?? (overrides.out === undefined ? null : resolve(overrides.out));
  try {
    const { announce, describeFailure, findContext, wantsGitHub, writeFailureReports } = await import(
      "../../report/index.js"
    );
    const failure = describeFailure(error, config?.name ?? overrides.name ?? "parity");
    const context = findContext(process.cwd(), config?.configPath ?? null);
    if (wantsGitHub(formats, process.env)) log.write(await announce({ failure }, context, process.env));
    if (out !== null) await writeFailureReports(failure, { dir: out, formats, context });
  } catch (second) {
    const why = second instanceof Error ? second.message : String(second);
    process.stderr.write(`the reports of the following error could not be written: ${why}\n`);
  }
}
