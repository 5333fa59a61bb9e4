import { existsSync } from "node:fs";
import { isGolden } from "../config/golden-folder.js";
import { requireReference } from "../config/models.js";
import type { ResolvedConfig, ResolvedGolden } from "../config/resolved.js";
import { ParityError } from "../errors.js";
import { openGolden } from "../runners/golden/open-golden.js";
import { recordCommand, shortPath } from "../runners/golden/record-command.js";
import { StaleGolden } from "../runners/golden/stale.js";
import { goldenCases, understandGolden, verifyGolden } from "./golden-source.js";
import { signaturesOf } from "./input-signatures.js";
import { recordGolden } from "./record-golden.js";
import { readRecordedKeeping } from "./recorded-keeping.js";
import type { CheckListener } from "./types.js";

/** What was done to the golden before the check: nothing, or what was the matter with it when it was written. */
export type GoldenState = "fresh" | "was missing" | "was stale" | "rewritten";

/**
 * Makes the golden of a check where `update` says so: one that is missing, one that is stale, or any. What was kept of the
 * old one decides how much the new one keeps. Throws FILE_NOT_FOUND with the command for one that is missing and may not be
 * written; one that is stale is refused when it is read.
 */
export async function settleGolden(
  config: ResolvedConfig & { readonly golden: ResolvedGolden },
  signal: AbortSignal,
  onProgress: CheckListener,
): Promise<GoldenState> {
  const { path, update } = config.golden;
  const why = await findReason(config, signal);
  if (why === "fresh") return why;
  if (update === "none") {
    throw new ParityError(
      "FILE_NOT_FOUND",
      `There is no golden ${shortPath(path)}, and this check may not write one.`,
      {
        where: { file: path, key: "golden" },
        hint: `Record it where the original can be run, and commit it: ${recordCommand(path, config.reference.model, config.configPath)}`,
      },
    );
  }
  await recordGolden(config, path, { keeping: readRecordedKeeping(path), signal, onProgress });
  return why;
}

async function findReason(
  config: ResolvedConfig & { readonly golden: ResolvedGolden },
  signal: AbortSignal,
): Promise<GoldenState> {
  const { path, update } = config.golden;
  if (!isGolden(path)) return "was missing";
  if (update === "all") return "rewritten";
  return update === "changed" && (await isStale(config, path, signal)) ? "was stale" : "fresh";
}

/** Whether a check would refuse the golden. */
async function isStale(config: ResolvedConfig, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const golden = openGolden(path);
    await verifyGolden(config, golden, signal);
    const original = understandGolden(config, golden);
    try {
      goldenCases(config, golden, signaturesOf(original));
    } finally {
      original.checkpoint.close();
    }
    return false;
  } catch (error) {
    // A manifest that cannot be read is no better than one that is out of date, if the original is there to make it anew.
    const isBroken = error instanceof ParityError && error.code === "FORMAT_INVALID" && existsSync(path);
    if (error instanceof StaleGolden || isBroken) return requireReference(config.reference.model).kind !== "golden";
    throw error;
  }
}
