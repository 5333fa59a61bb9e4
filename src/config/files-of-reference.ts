import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isExported } from "./exported-model.js";
import { requireReference } from "./models.js";
import { filesIn } from "./no-such-model.js";
import { filesOfOriginal, type OriginalFiles } from "./original-files.js";
import type { ResolvedReference } from "./resolved.js";

/**
 * The files that an original is, absolute where its path is. Code is the file that was named and the weights beside it: what else
 * it imports is not known before it runs. Errors as `requireReference`; null for a golden.
 */
export function filesOfReference(reference: Pick<ResolvedReference, "model" | "weights">): OriginalFiles | null {
  const model = requireReference(reference.model);
  if (model.kind === "golden") return null;
  if (!isExported(model)) return filesOfOriginal(model);
  const weights = filesOfWeights(reference.weights);
  return { index: [model.file, ...weights.index], data: weights.data };
}

/** A file, or what a checkpoint's prefix stands for. */
function filesOfWeights(path: string | null): OriginalFiles {
  if (path === null) return { index: [], data: [] };
  const prefix = path.replace(/\.index$/, "");
  if (!existsSync(`${prefix}.index`)) return { index: [path], data: [] };
  const shards = filesIn(dirname(prefix)).filter((name) => name.startsWith(`${basename(prefix)}.data-`));
  return { index: [`${prefix}.index`], data: shards.sort().map((name) => join(dirname(prefix), name)) };
}
