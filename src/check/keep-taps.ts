import { renameSync } from "node:fs";
import { join } from "node:path";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import { writeStoredForm } from "../formats/stored-form.js";
import type { LazyTensor } from "../formats/types.js";
import { GOLDEN_FILES, type Storage } from "../runners/golden/manifest.js";
import { type NarrowType, narrow } from "../runners/golden/narrow.js";
import { canBeSketched, SKETCH_SEED, sketchForGolden } from "./sketch-for-golden.js";

/** How the taps of a case are stored; the tensors of `outputs` keep their own type. */
export interface TapStorage {
  readonly storage: Storage;
  readonly outputs: ReadonlySet<string>;
  /** With sketches: see the manifest. */
  readonly sketchElements: number;
}

/**
 * Moves a recorded case from one folder to another, with its float32 tensors as the storage keeps them. A tensor whose numbers
 * lie outside the storage's range stays as it is, and so does one that a sketch would not make smaller.
 */
export function keepTaps(from: string, id: string, how: TapStorage, to: string): void {
  const { storage, outputs } = how;
  const source = join(from, `${id}.safetensors`);
  const target = join(to, GOLDEN_FILES.taps(id));
  if (storage === "float32") {
    renameSync(source, target);
    return;
  }
  const file = openSafetensors(source);
  try {
    const tensors = [...file.tensors.values()];
    if (storage === "sketch") {
      const small = tensors.filter((one) => !outputs.has(one.name) && canBeSketched(one, how.sketchElements));
      const sketched = Object.fromEntries(small.map((one) => [one.name, one.shape]));
      writeSafetensors(
        target,
        tensors.flatMap((one) =>
          small.includes(one) ? sketchForGolden(one, how.sketchElements) : [{ ...one, data: one }],
        ),
        small.length === 0 ? {} : writeStoredForm({ loss: {}, sketched, seed: SKETCH_SEED }),
      );
    } else {
      writeSafetensors(
        target,
        tensors.map((one) => (outputs.has(one.name) ? { ...one, data: one } : round(one, storage))),
      );
    }
  } finally {
    file.close();
  }
}

function round(tensor: LazyTensor, storage: NarrowType): TensorToWrite {
  const { name, dtype, shape } = tensor;
  const bits = dtype === "float32" ? narrow(new Float32Array(readTensor(tensor).buffer), storage) : null;
  return bits === null
    ? { name, dtype, shape, data: tensor }
    : { name, dtype: storage, shape, data: new Uint8Array(bits.buffer) };
}
