import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../../errors.js";
import { openSafetensors } from "../../formats/safetensors.js";
import type { LazyTensor, TensorFile } from "../../formats/types.js";
import { declareVariables } from "./declared-variables.js";
import { GOLDEN_FILES, type GoldenManifest } from "./manifest.js";
import { readManifest } from "./read-manifest.js";
import { StaleGolden } from "./stale.js";

/** A golden whose manifest has been read. Its files are verified by `verifyFiles`. */
export interface OpenGolden {
  readonly directory: string;
  readonly manifest: GoldenManifest;
  pathOf(file: string): string;
}

/** Reads a golden's manifest. Errors as `readManifest`. */
export function openGolden(directory: string): OpenGolden {
  return { directory, manifest: readManifest(directory), pathOf: (file) => join(directory, file) };
}

/**
 * The variables of the original as `openCheckpoint` would give them: the same names in the same order; without values where
 * these were not kept. The caller closes it.
 * Throws StaleGolden when the file does not hold what the manifest names.
 */
export function openVariables(golden: OpenGolden): TensorFile {
  const { declared } = golden.manifest;
  if (declared !== undefined) return declareVariables(golden.directory, declared);
  const path = golden.pathOf(GOLDEN_FILES.variables);
  if (!existsSync(path)) throw new StaleGolden(golden.directory, [`${GOLDEN_FILES.variables} is missing`]);
  const file = openSafetensors(path);
  const tensors = new Map<string, LazyTensor>();
  for (const name of golden.manifest.variables) {
    const tensor = file.tensors.get(name);
    if (tensor === undefined) {
      file.close();
      throw new ParityError("FORMAT_INVALID", `${path} does not hold the variable ${name}, which golden.json names.`, {
        where: { file: path, key: name },
      });
    }
    // safetensors keeps every tensor in one piece, so that the candidate's process may map it.
    tensors.set(name, { ...tensor, location: { ...tensor.location, inOnePiece: true } });
  }
  return { ...file, tensors, close: () => file.close() };
}
