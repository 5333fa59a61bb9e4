import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTensor } from "../../formats/read-tensor.js";
import { openSafetensors } from "../../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../../formats/safetensors-write.js";
import { writeStoredForm } from "../../formats/stored-form.js";
import type { LazyTensor } from "../../formats/types.js";
import type { Storage } from "./manifest.js";
import { dither, isNarrow, mostLost, type NarrowType, widen } from "./narrow.js";

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
 * narrowed tensor widened to float32 again, and with what that may have cost. Gives back whether something was narrowed.
 *
 * @param storage the golden's; tensors that the original itself gave in another type of 16 bits are as they were
 */
export function unpackCase(file: string, name: string, folders: Unpacked, storage: Storage): boolean {
  const stored = openSafetensors(file);
  try {
    const tensors = [...stored.tensors.values()];
    const narrowed = isNarrow(storage) ? tensors.filter((one) => one.dtype === storage) : [];
    if (!isNarrow(storage) || narrowed.length === 0) {
      linkFile(file, join(folders.plain, name));
      linkFile(file, join(folders.dithered, name));
      return false;
    }
    const lost = mostLost(storage);
    const loss = Object.fromEntries(narrowed.map((one) => [one.name, lost]));
    const metadata = writeStoredForm({ loss, sketched: {}, seed: 0 });
    const unpack = (tensor: LazyTensor, seed: number | null): TensorToWrite =>
      narrowed.includes(tensor) ? widenTensor(tensor, storage, seed) : { ...tensor, data: tensor };
    mkdirSync(folders.plain, { recursive: true });
    mkdirSync(folders.dithered, { recursive: true });
    writeSafetensors(
      join(folders.plain, name),
      tensors.map((one) => unpack(one, null)),
      metadata,
    );
    writeSafetensors(
      join(folders.dithered, name),
      tensors.map((one, i) => unpack(one, i)),
      metadata,
    );
    return true;
  } finally {
    stored.close();
  }
}

function widenTensor(tensor: LazyTensor, type: NarrowType, seed: number | null): TensorToWrite {
  const { name, shape } = tensor;
  const values = widen(new Uint16Array(readTensor(tensor).buffer), type);
  const data = seed === null ? values : dither(values, type, seed + 1);
  return { name, dtype: "float32", shape, data: new Uint8Array(data.buffer) };
}
