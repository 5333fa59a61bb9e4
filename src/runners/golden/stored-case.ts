import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTensor } from "../../formats/read-tensor.js";
import { openSafetensors } from "../../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../../formats/safetensors-write.js";
import type { LazyTensor } from "../../formats/types.js";
import { dither, widen } from "./narrow.js";

/** Puts a file of the golden under another name; it is read there and never written. */
export function linkFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}

/** Folders into which a case is unpacked. */
export interface Unpacked {
  readonly plain: string;
  /** The same with what the storage rounded off put back by chance (`dither`). */
  readonly dithered: string;
}

/**
 * Makes the file of a case as the original would have recorded it: linked where nothing was narrowed, else with every
 * narrowed tensor widened to float32 again. Gives back whether something was narrowed.
 */
export function unpackCase(file: string, name: string, folders: Unpacked): boolean {
  const stored = openSafetensors(file);
  try {
    const tensors = [...stored.tensors.values()];
    if (!tensors.some((one) => one.dtype === "float16")) {
      linkFile(file, join(folders.plain, name));
      linkFile(file, join(folders.dithered, name));
      return false;
    }
    mkdirSync(folders.plain, { recursive: true });
    mkdirSync(folders.dithered, { recursive: true });
    writeSafetensors(
      join(folders.plain, name),
      tensors.map((one) => unpack(one, null)),
    );
    writeSafetensors(
      join(folders.dithered, name),
      tensors.map((one, i) => unpack(one, i)),
    );
    return true;
  } finally {
    stored.close();
  }
}

function unpack(tensor: LazyTensor, seed: number | null): TensorToWrite {
  const { name, dtype, shape } = tensor;
  if (dtype !== "float16") return { name, dtype, shape, data: tensor };
  const values = widen(new Uint16Array(readTensor(tensor).buffer));
  const data = seed === null ? values : dither(values, seed + 1);
  return { name, dtype: "float32", shape, data: new Uint8Array(data.buffer) };
}
