import { existsSync } from "node:fs";
import { filesOfReference } from "../config/files-of-reference.js";
import type { OriginalFiles } from "../config/original-files.js";
import type { ResolvedConfig } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { readMetaGraph } from "../formats/tf-proto/read-files.js";
import { makeCases } from "../inputs/make-cases.js";
import type { Case, InputSignature } from "../inputs/types.js";
import { GOLDEN_FILES, type GoldenCase } from "../runners/golden/manifest.js";
import { matchCases } from "../runners/golden/match-cases.js";
import { type OpenGolden, openVariables } from "../runners/golden/open-golden.js";
import { readCases } from "../runners/golden/read-cases.js";
import { recordCommand } from "../runners/golden/record-command.js";
import { compareReference } from "../runners/golden/reference-files.js";
import { StaleGolden } from "../runners/golden/stale.js";
import { findDamage } from "../runners/golden/verify-files.js";
import { storedModel } from "../tensorflow/checkpoint-model.js";
import { type Original, understandOriginal } from "../tensorflow/understand-original.js";

/** What of a configuration bears upon what a golden holds. */
export type GoldenConfig = Pick<ResolvedConfig, "reference" | "inputs" | "seed" | "configPath">;

/** Whether the golden's own folder was named as the reference: then it is the only word on what the original is. */
export function isOwnReference(config: GoldenConfig, golden: OpenGolden): boolean {
  return config.reference.model === golden.directory;
}

/** The command that makes this golden anew, as this configuration names things. */
export function refreshCommand(config: GoldenConfig, golden: OpenGolden): string {
  const own = isOwnReference(config, golden);
  const model = own ? golden.manifest.reference.path : config.reference.model;
  return recordCommand(golden.directory, model, own ? null : config.configPath);
}

/** Throws StaleGolden when the golden's files are not what was written, or it was recorded from another checkpoint. */
export async function verifyGolden(config: GoldenConfig, golden: OpenGolden, signal?: AbortSignal): Promise<void> {
  const { outputs, inputs, verifyChecksums } = config.reference;
  const { reference } = golden.manifest;
  const reasons = await findDamage(golden, signal);
  const files = findOriginal(config, golden);
  if (files !== null) reasons.push(...(await compareReference(files, reference.files, verifyChecksums, signal)));
  if (!isOwnReference(config, golden) || outputs !== null) {
    if (JSON.stringify(outputs) !== JSON.stringify(reference.outputs))
      reasons.push("reference.outputs of the configuration are not those that it was recorded with");
  }
  if (!isOwnReference(config, golden) || inputs !== null) {
    if (JSON.stringify(inputs) !== JSON.stringify(reference.inputs))
      reasons.push("reference.inputs of the configuration are not those that it was recorded with");
  }
  if (reasons.length > 0) throw stale(config, golden, reasons);
}

/**
 * The files of the original that the golden should have been recorded from: the configured one, or the one that the golden names. Null
 * where it is not on this machine, which is what goldens are for.
 */
function findOriginal(config: GoldenConfig, golden: OpenGolden): OriginalFiles | null {
  const { path, weights } = golden.manifest.reference;
  const isOwn = isOwnReference(config, golden);
  try {
    const files = filesOfReference(isOwn ? { model: path, weights } : config.reference);
    return files !== null && [...files.index, ...files.data].every((file) => existsSync(file)) ? files : null;
  } catch (error) {
    if (error instanceof ParityError && error.code === "FILE_NOT_FOUND") return null;
    throw error;
  }
}

/** The original as the golden keeps it. Throws StaleGolden when this version of parity looks at tensors that it lacks. */
export function understandGolden(config: GoldenConfig, golden: OpenGolden): Original {
  const path = golden.pathOf(GOLDEN_FILES.graph);
  const { outputs, inputs } = golden.manifest.reference;
  const checkpoint = openVariables(golden);
  try {
    const original = understandOriginal(storedModel(readMetaGraph(path), path, checkpoint), outputs, inputs);
    const considered = new Set(golden.manifest.considered);
    const unknown = original.taps.filter((tap) => !considered.has(tap.tensor));
    if (unknown.length === 0) return original;
    const what = unknown.length === 1 ? "a tensor" : `${unknown.length} tensors`;
    throw stale(config, golden, [
      `parity ${golden.manifest.parityVersion} recorded it, and this version looks at ${what} more, such as ${unknown[0]?.id}`,
    ]);
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

/**
 * The cases of this run, each with the golden's case of the same inputs. Where the golden is the reference and nothing was
 * said about inputs, and where texts were given without their vocabulary but are those of the golden, its own cases are
 * taken. Throws StaleGolden when the run has a case that the golden lacks.
 */
export function goldenCases(
  config: GoldenConfig,
  golden: OpenGolden,
  signatures: readonly InputSignature[],
): { readonly cases: readonly Case[]; readonly matched: ReadonlyMap<string, GoldenCase> } {
  const cases = wantsOwnCases(config, golden) ? readCases(golden) : makeCases(signatures, config.inputs, config.seed);
  const matched = matchCases(cases, golden.manifest.cases);
  const strange = cases.filter((one) => !matched.has(one.id));
  if (strange.length > 0) {
    const [first] = strange;
    const more = strange.length === 1 ? "" : ` and ${strange.length - 1} more`;
    throw stale(config, golden, [`it was not recorded with the inputs of case ${first?.id} (${first?.label})${more}`]);
  }
  return { cases, matched };
}

function wantsOwnCases(config: GoldenConfig, golden: OpenGolden): boolean {
  const { texts, files, values, vocabulary, generate } = config.inputs;
  const isSilent = texts.length === 0 && files.length === 0 && values.length === 0 && generate;
  if (isSilent && isOwnReference(config, golden)) return true;
  const hasVocabulary = vocabulary !== null && existsSync(vocabulary);
  if (texts.length === 0 || hasVocabulary) return false;
  const { request } = golden.manifest;
  const isSame =
    files.length === 0 &&
    values.length === 0 &&
    generate === request.generate &&
    JSON.stringify(texts) === JSON.stringify(request.texts);
  if (isSame) return true;
  throw new ParityError("CONFIG_INVALID", "A text needs a vocabulary, and the golden was recorded with other texts.", {
    where: { key: "inputs.vocab" },
    hint: `Give the folder that holds encoder.json and vocab.bpe (or tokenizer.json) with --vocab DIR; or use the golden's own texts: ${JSON.stringify(request.texts)}`,
  });
}

function stale(config: GoldenConfig, golden: OpenGolden, reasons: readonly string[]): StaleGolden {
  return new StaleGolden(golden.directory, reasons, refreshCommand(config, golden));
}
