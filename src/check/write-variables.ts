import { dirname } from "node:path";
import { safetensorsNameOf } from "../formats/safetensors-dtype.js";
import { writeSafetensors } from "../formats/safetensors-write.js";
import type { TensorFile } from "../formats/types.js";
import type { SizeLimit } from "./size-limit.js";

/**
 * Writes every variable of a checkpoint that holds numbers to one safetensors file, bit for bit, and gives their names in
 * the checkpoint's order. Variables that the forward pass does not use (averages, optimisers') are kept: some causes are found
 * among them. Texts and what safetensors cannot hold are left out; no weight is one.
 */
export function writeVariables(checkpoint: TensorFile, path: string, limit: SizeLimit): string[] {
  const kept = [...checkpoint.tensors.values()].filter((one) => safetensorsNameOf(one.dtype) !== undefined);
  const bytes = kept.reduce((sum, one) => sum + one.byteLength, 0);
  limit.check(dirname(path), bytes, "the variables alone");
  writeSafetensors(
    path,
    kept.map((one) => ({ name: one.name, dtype: one.dtype, shape: one.shape, data: one })),
  );
  return kept.map((one) => one.name);
}
