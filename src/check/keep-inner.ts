import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import { type TensorToWrite, writeSafetensors } from "../formats/safetensors-write.js";
import type { LazyTensor, TensorFile } from "../formats/types.js";
import { formatBytes } from "../report/format-bytes.js";
import { GOLDEN_FILES, type InnerPlace } from "../runners/golden/manifest.js";
import type { ReferenceCase } from "../runners/reference.js";
import { listInnerTensors } from "../tensorflow/evidence/inner-tensors.js";
import type { KeepingRun } from "./keep-recording.js";

/** Up to so many bytes of inner tensors are kept without being asked for. */
const SMALL_BYTES = 64e6;

/** Tensors fetched in one run: bounds the memory of TensorFlow's process, at the price of one run of a small case each. */
const BATCH = 256;

/**
 * Keeps every inner tensor of the forward pass in one case, so that the diagnosis can look into layers as it does with
 * TensorFlow. Many are the same bytes (a reshape, what a scope passes on): each is stored once, and `places` says where.
 * Gives a sentence instead when they are left out for their size.
 */
export async function keepInner(
  run: KeepingRun,
  one: ReferenceCase,
  taps: string,
): Promise<Readonly<Record<string, InnerPlace>> | string> {
  const { reference, original, draft, scratch, keeping, limit } = run;
  const open: TensorFile[] = [];
  try {
    const known = openSafetensors(join(taps, `${one.id}.safetensors`));
    open.push(known);
    const byHash = new Map<string, Pick<InnerPlace, "in" | "tensor">>();
    for (const tensor of known.tensors.values()) byHash.set(digest(tensor), { in: "case", tensor: tensor.name });
    const names = listInnerTensors(original);
    const places: Record<string, InnerPlace> = {};
    const stored: TensorToWrite[] = [];
    let bytes = 0;
    for (let from = 0; from < names.length; from += BATCH) {
      const out = join(scratch, `inner-${one.id}-${from}`);
      await reference.fetch(original, [one], out, names.slice(from, from + BATCH));
      const fetched = openSafetensors(join(out, `${one.id}.safetensors`));
      open.push(fetched);
      for (const tensor of fetched.tensors.values()) {
        const hash = digest(tensor);
        const place = byHash.get(hash) ?? { in: "inner" as const, tensor: tensor.name };
        if (!byHash.has(hash)) {
          byHash.set(hash, place);
          stored.push({ name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, data: tensor });
          bytes += tensor.byteLength;
        }
        places[tensor.name] = { shape: [...tensor.shape], ...place };
      }
      if (keeping.inner === "auto" && bytes > SMALL_BYTES)
        return `left out, over ${formatBytes(SMALL_BYTES)}; --inner smallest keeps them all the same`;
      limit.check(draft, bytes, "the inner tensors");
    }
    const path = join(draft, GOLDEN_FILES.inner(one.id));
    mkdirSync(dirname(path), { recursive: true });
    writeSafetensors(path, stored);
    return places;
  } finally {
    for (const file of open) file.close();
  }
}

/** What a tensor holds, whatever its shape. */
function digest(tensor: LazyTensor): string {
  return `${tensor.dtype}:${createHash("sha256").update(readTensor(tensor)).digest("hex")}`;
}
