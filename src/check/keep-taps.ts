import { renameSync } from "node:fs";
import { join } from "node:path";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import type { LazyTensor } from "../formats/types.js";
import { GOLDEN_FILES, type Storage } from "../runners/golden/manifest.js";
import { narrow } from "../runners/golden/narrow.js";

/** How the taps of a case are stored; the tensors of `outputs` keep their own type. */
export interface TapStorage {
  readonly storage: Storage;
  readonly outputs: ReadonlySet<string>;
}

/**
 * Moves a recorded case from one folder to another, with its float32 tensors rounded to the storage. A tensor whose numbers
 * lie outside the storage's range stays as it is.
 */
export function keepTaps(from: string, id: string, { storage, outputs }: TapStorage, to: string): void {
  const source = join(from, `${id}.safetensors`);
  const target = join(to, GOLDEN_FILES.taps(id));
  if (storage === "float32") {
    renameSync(source, target);
    return;
  }
  const file = openSafetensors(source);
  try {
    writeSafetensors(
      target,
      [...file.tensors.values()].map((tensor) => store(tensor, outputs.has(tensor.name) ? "float32" : storage)),
    );
  } finally {
    file.close();
  }
}

function store(tensor: LazyTensor, storage: Storage): TensorToWrite {
  const { name, dtype, shape } = tensor;
  if (dtype !== "float32" || storage === "float32") return { name, dtype, shape, data: tensor };
  const bits = narrow(new Float32Array(readTensor(tensor).buffer));
  return bits === null
    ? { name, dtype, shape, data: tensor }
    : { name, dtype: storage, shape, data: new Uint8Array(bits.buffer) };
}
