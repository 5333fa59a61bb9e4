import { join } from "node:path";
import { isExported } from "../config/exported-model.js";
import { requireReference } from "../config/models.js";
import type { ResolvedReference } from "../config/resolved.js";
import { type ExportedOriginal, type ExportOptions, exportOriginal } from "../runners/export-original.js";

/** An original that can be read and run in-process. */
export interface ReadableReference {
  readonly reference: ResolvedReference;
  /** How it was brought into that form; null where it is read as it is. */
  readonly exported: ExportedOriginal | null;
}

export interface ExportSettings {
  /** A folder that the export may be written into; it has to outlive whatever reads the original. */
  readonly folder: string;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The original as it is, or, where only Python's TensorFlow reads it (a Keras file, code), what that wrote. Errors as
 * `requireReference`, and those of Python.
 */
export async function readableReference(
  reference: ResolvedReference,
  settings: ExportSettings,
  run: (options: ExportOptions) => Promise<ExportedOriginal> = exportOriginal,
): Promise<ReadableReference> {
  const model = requireReference(reference.model);
  if (!isExported(model)) return { reference, exported: null };
  const { folder, ...rest } = settings;
  const { kwargs, weights, python, env } = reference;
  const source = model.kind === "keras" ? model.file : `${model.file}:${model.callable}`;
  const exported = await run({ source, kwargs, weights, python, env, out: join(folder, "exported"), ...rest });
  return { reference: { ...reference, model: exported.prefix }, exported };
}
