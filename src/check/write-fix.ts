import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { ResolvedConfig } from "../config/resolved.js";
import type { Finding } from "../diagnose/types.js";
import { ParityError } from "../errors.js";
import type { CheckResult } from "../report/types.js";
import type { Edit } from "../runners/edits.js";
import type { Sides } from "./run-sides.js";

/** A state dict that was written under a temporary name and not yet tried. */
export interface WrittenWeights {
  /** Where it lies now, beside its real place. */
  readonly temporary: string;
  readonly repaired: readonly string[];
}

/**
 * Writes the candidate's weights as it has them (names, dtypes, once per storage) with the confirmed repairs of weights made.
 *
 * @returns null, with nothing written, when no edit is of a parameter that a state dict holds
 */
export async function writeRepairedWeights(
  sides: Sides,
  edits: readonly Edit[],
  file: string,
): Promise<WrittenWeights | null> {
  const stored = new Set(sides.description.parameters.filter((one) => one.persistent).map((one) => one.name));
  const repairs = edits.flatMap((edit) => (edit.kind === "parameter" && stored.has(edit.parameter) ? [edit] : []));
  if (repairs.length === 0) return null;
  // The repair of an ONNX model is the model with other weights, that of code a state dict.
  const ending = file.endsWith(".onnx") ? ".onnx" : ".safetensors";
  const temporary = join(dirname(file), `.${basename(file, ending)}.${randomUUID()}${ending}`);
  try {
    await sides.candidate.weights(temporary, {}, repairs);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { temporary, repaired: [...new Set(repairs.map((edit) => edit.parameter))] };
}

/**
 * Checks the candidate again with the written weights loaded into it, and only then gives the file its name. When that check
 * cannot be made nothing is left behind. Throws USAGE when a file of that name has appeared meanwhile.
 *
 * @param checkAgain runs one whole check
 */
export async function finishFix(
  written: WrittenWeights,
  config: ResolvedConfig & { readonly fix: { readonly file: string; readonly force: boolean } },
  result: CheckResult,
  checkAgain: (config: ResolvedConfig) => Promise<CheckResult>,
): Promise<CheckResult> {
  const { fix, bundle: _, ...rest } = config;
  try {
    const isModel = written.temporary.endsWith(".onnx");
    const repaired = isModel ? { model: written.temporary } : { weights: written.temporary };
    const again = await checkAgain({ ...rest, candidate: { ...config.candidate, ...repaired } });
    if (!fix.force && existsSync(fix.file)) {
      throw new ParityError("USAGE", `${fix.file} exists already.`, {
        where: { file: fix.file },
        hint: "Name another file, or replace it with --force.",
      });
    }
    await rename(written.temporary, fix.file);
    return {
      ...result,
      fix: {
        file: shorten(fix.file),
        repaired: written.repaired,
        recheck: { verdict: again.verdict, sentence: describeRest(again) },
      },
      timings: { ...result.timings, "check again with the repaired weights": again.summary.seconds },
    };
  } catch (error) {
    await rm(written.temporary, { force: true });
    throw error;
  }
}

/** The result of a check that was to write repaired weights and had none. */
export function withoutFix(result: CheckResult): CheckResult {
  const reason =
    result.verdict === "mismatch"
      ? "no repair of a weight was confirmed"
      : result.verdict === "parity"
        ? "nothing differs"
        : "nothing could be judged";
  const warnings = [...result.summary.warnings, `--fix wrote nothing: ${reason}`];
  return { ...result, summary: { ...result.summary, warnings } };
}

/** What the second check says, in one sentence. */
export function describeRest(again: Pick<CheckResult, "verdict" | "reason" | "findings" | "summary">): string {
  if (again.verdict === "parity") return "written, and with it: parity";
  if (again.verdict === "inconclusive") return `written; the second check could not judge: ${again.reason ?? ""}`;
  const inCode = again.findings.filter((one) => one.status === "confirmed" && one.parameters.length === 0);
  const others = again.findings.filter((one) => !inCode.includes(one));
  const parts = [
    ...(inCode.length > 0 ? [`what is left is in code: ${list(inCode.map(describeFinding))}`] : []),
    ...(others.length > 0
      ? [`${inCode.length > 0 ? "and not explained" : "what is left"}: ${list(others.map(describeFinding))}`]
      : []),
  ];
  return `written; ${parts.length > 0 ? parts.join("; ") : again.summary.sentence}`;
}

function describeFinding({ cause, source, pair, parameter }: Finding): string {
  const place = source === null ? (parameter ?? pair) : `${source.file}:${source.line}`;
  return place === null ? cause : `${cause} (${place})`;
}

function list(texts: readonly string[]): string {
  const shown = texts.slice(0, 4).join(", ");
  return texts.length > 4 ? `${shown} and ${texts.length - 4} more` : shown;
}

/** A path as one would type it here. */
function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
