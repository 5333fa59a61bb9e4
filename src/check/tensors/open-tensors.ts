import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../../errors.js";
import { openTensorFile } from "../../formats/open.js";
import { prepareFormats } from "../../formats/prepare.js";
import { readableNames } from "../../formats/readable-names.js";
import type { LazyTensor, TensorFile } from "../../formats/types.js";

export interface OpenTensors {
  readonly tensors: ReadonlyMap<string, LazyTensor>;
  close(): void;
}

/** What makes a folder a recording: the files that `parity record` and a run leave. */
const MANIFESTS = ["golden.json", "recording.json"];

/**
 * The tensors of one side of a comparison: those of a file of tensors under readable names, or of every `.safetensors` file of a recording's
 * folder under `<file>/<tensor>` (`c0/model/h0`). Errors as `openTensorFile`.
 */
export async function openTensors(path: string): Promise<OpenTensors> {
  if (existsSync(path) && statSync(path).isDirectory()) {
    const names = recordingFiles(path);
    if (names !== null) return openAll(path, names);
  }
  await prepareFormats(path);
  const file = openTensorFile(path);
  const labels = readableNames(file);
  const tensors = new Map([...file.tensors].map(([key, tensor]) => [labels.get(key) ?? key, tensor]));
  return { tensors, close: () => file.close() };
}

/** The files of a recording's folder; null for a folder of another kind (a checkpoint's, a SavedModel's). */
function recordingFiles(folder: string): string[] | null {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = entries.filter((name) => name.endsWith(".safetensors"));
  const isRecording = MANIFESTS.some((name) => existsSync(join(folder, name)));
  const others = entries.some((name) => /\.(index|meta|pb)$/.test(name));
  if (!isRecording && (files.length === 0 || others)) return null;
  if (files.length > 0) return files;
  throw new ParityError("FILE_NOT_FOUND", `The recording ${folder} has no .safetensors file.`, {
    where: { file: folder },
  });
}

function openAll(folder: string, names: readonly string[]): OpenTensors {
  const files: TensorFile[] = [];
  const tensors = new Map<string, LazyTensor>();
  const close = (): void => {
    for (const file of files) file.close();
  };
  try {
    for (const name of names) {
      const file = openTensorFile(join(folder, name));
      files.push(file);
      const stem = name.replace(/\.safetensors$/, "");
      for (const [key, tensor] of file.tensors) tensors.set(`${stem}/${key}`, tensor);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { tensors, close };
}
