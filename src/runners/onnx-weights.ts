import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { INLINE_BYTES } from "../formats/onnx/limits.js";
import type { OnnxFile } from "../formats/onnx/open-onnx.js";
import type { OnnxTensor } from "../formats/onnx/types.js";
import { readTensor } from "../formats/read-tensor.js";
import { createTemporaryFile } from "../formats/temporary-file.js";

/** onnxruntime maps the file: numbers aligned to cache lines are aligned for every instruction. */
const ALIGNMENT = 64;

const WEIGHTS_FILE = "weights.bin";

/** Where the weights of the changed copies of a model are, so that no copy holds them itself. */
export interface OnnxWeights {
  /** The folder that external files are relative to. */
  readonly folder: string;
  /** An initializer that says where its numbers are, or holds them where they are few. */
  refer(tensor: OnnxTensor): OnnxTensor;
}

/**
 * A model whose weights lie in files beside it keeps them there. Those of a model in one piece are written to a file of their
 * own once, aligned (in the model they begin anywhere).
 *
 * @param scratch a folder for that file
 */
export function shareWeights(file: OnnxFile, scratch: string): OnnxWeights {
  const { initializers } = file.model.graph;
  if (initializers.some((one) => one.data.kind === "external")) {
    return { folder: dirname(file.path), refer: (tensor) => bringAlong(file, tensor) };
  }
  const folder = join(scratch, "onnx-weights");
  const large = initializers.filter((one) => one.data.kind === "in-file" && one.data.length > INLINE_BYTES);
  const places = new Map<string, { readonly offset: number; readonly length: number }>();
  let offset = 0;
  for (const { name } of large) {
    const length = file.tensors.get(name)?.byteLength ?? 0;
    places.set(name, { offset, length });
    offset += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  }
  const path = join(folder, WEIGHTS_FILE);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const target = createTemporaryFile(path);
    try {
      for (const [name, place] of places) {
        const tensor = file.tensors.get(name);
        if (tensor !== undefined) target.write(readTensor(tensor), place.offset);
      }
      target.commit();
    } catch (error) {
      target.discard();
      throw error;
    }
  }
  return {
    folder,
    refer(tensor) {
      const place = tensor.data.kind === "in-file" ? places.get(originalName(tensor.name)) : undefined;
      if (place === undefined) return bringAlong(file, tensor);
      return { ...tensor, data: { kind: "external", location: WEIGHTS_FILE, ...place } };
    },
  };
}

/** A weight behind a cast has its name changed, see `widenVariant`. */
function originalName(name: string): string {
  return name.replace(/^parity\/narrow\//, "");
}

function bringAlong(file: OnnxFile, tensor: OnnxTensor): OnnxTensor {
  if (tensor.data.kind !== "in-file") return tensor;
  const bytes = new Uint8Array(tensor.data.length);
  file.bytes.read(bytes, tensor.data.offset);
  return { ...tensor, data: { kind: "raw", bytes } };
}
