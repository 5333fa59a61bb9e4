import { existsSync } from "node:fs";
import { join } from "node:path";
import { ParityError } from "../errors.js";
import { openSafetensors } from "../formats/safetensors.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";

/** The values that one run left behind: one safetensors file per case. Files are opened when they are first asked for. */
export interface OpenRecording {
  /** The tensor `name` of case `id`; undefined when that case did not give it. */
  tensor(id: string, name: string): LazyTensor | undefined;
  fileOf(id: string): string;
  close(): void;
}

export function openRecording(directory: string): OpenRecording {
  const open = new Map<string, TensorFile>();
  const fileOf = (id: string): string => join(directory, `${id}.safetensors`);
  return {
    fileOf,
    tensor(id, name) {
      let file = open.get(id);
      if (file === undefined) {
        const path = fileOf(id);
        if (!existsSync(path))
          throw new ParityError("FILE_NOT_FOUND", `The recording has no values for case ${id}.`, {
            where: { file: path },
          });
        file = openSafetensors(path);
        open.set(id, file);
      }
      return file.tensors.get(name);
    },
    close() {
      for (const file of open.values()) file.close();
      open.clear();
    },
  };
}
