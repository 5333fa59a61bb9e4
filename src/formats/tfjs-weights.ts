import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { formatError, ParityError } from "../errors.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { float16ToFloat32 } from "./half.js";
import type { DType } from "./types.js";

/** Values of one weight as TensorFlow.js means them, row-major and little-endian. */
export interface TfjsWeight {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Entry[];
}

const DTYPES: Readonly<Record<string, DType>> = {
  float32: "float32",
  int32: "int32",
  bool: "bool",
  uint8: "uint8",
  uint16: "uint16",
  float16: "float16",
  complex64: "complex64",
};

/** One process holds them all: a model for browsers is far below this. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * The weights that a `model.json` of TensorFlow.js lists, out of the files beside it (group by group one stretch of bytes, cut into
 * shards). Quantized ones are widened as its runtime does: min + scale · q. Weights of text are left out. Throws FORMAT_INVALID
 * where list and files do not agree, FORMAT_UNSUPPORTED for other types, FILE_NOT_FOUND for a missing shard.
 */
export function readTfjsWeights(file: string, manifest: unknown): Map<string, TfjsWeight> {
  const weights = new Map<string, TfjsWeight>();
  for (const group of groupsOf(manifest, file)) {
    const bytes = readShards(file, group.paths);
    let at = 0;
    for (const entry of group.weights) {
      if (entry.dtype === "string") {
        if (entry !== group.weights.at(-1)) throw unsupported(file, entry.name, "text before other weights");
        continue;
      }
      const stored = DTYPES[entry.quantization?.dtype ?? entry.dtype];
      if (stored === undefined) throw unsupported(file, entry.name, entry.quantization?.dtype ?? entry.dtype);
      const count = elementCount(entry.shape);
      const length = count * bytesPerElement(stored);
      if (at + length > bytes.length) {
        throw formatError(
          `${file}: the weight ${entry.name} ends at byte ${at + length} of its group, whose files hold ${bytes.length}`,
          { file, key: entry.name },
          "Copy all shards of the model again.",
        );
      }
      weights.set(entry.name, widen(entry, stored, bytes.subarray(at, at + length), count));
      at += length;
    }
  }
  return weights;
}

function groupsOf(manifest: unknown, file: string): Group[] {
  const wrong = () =>
    formatError(`${file} has no weightsManifest as TensorFlow.js writes it`, { file, key: "weightsManifest" });
  if (!Array.isArray(manifest)) throw wrong();
  return manifest.map((one: Partial<Group> | null) => {
    const { paths, weights } = one ?? {};
    if (!Array.isArray(paths) || !Array.isArray(weights)) throw wrong();
    for (const { name, shape, dtype } of weights as Partial<Entry>[]) {
      const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
      if (typeof name !== "string" || typeof dtype !== "string" || !isShape) throw wrong();
    }
    return { paths, weights };
  });
}

function readShards(file: string, paths: readonly string[]): Uint8Array {
  const folder = dirname(resolve(file));
  const parts: Buffer[] = [];
  let total = 0;
  for (const path of paths) {
    const target = join(folder, path);
    const inside = relative(folder, target);
    if (inside === ".." || inside.startsWith(`..${sep}`) || resolve(inside) === inside) {
      throw formatError(`${file} names weights outside of its folder: ${path}`, { file, key: "weightsManifest" });
    }
    const part = readWhole(target, MAX_BYTES - total);
    total += part.length;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function readWhole(path: string, most: number): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    throw new ParityError("FILE_NOT_FOUND", `The model's weights ${path} cannot be read.`, {
      where: { file: path },
      hint: "Copy all files of the model into one folder.",
      cause,
    });
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > most)
      throw formatError(`${path} has ${size} bytes; all weights together may have ${MAX_BYTES}`, { file: path });
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const read = readSync(descriptor, bytes, at, size - at, at);
      if (read === 0) throw formatError(`${path} became shorter while it was read`, { file: path, offset: at });
      at += read;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

function widen({ shape, dtype, quantization }: Entry, stored: DType, bytes: Uint8Array, count: number): TfjsWeight {
  const own = DTYPES[dtype] ?? stored;
  if (quantization === undefined) return { dtype: own, shape, bytes };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { scale = 1, min = 0 } = quantization;
  const values = new Float32Array(count);
  const codes = Uint16Array.from({ length: count }, (_, i) =>
    stored === "uint8" ? view.getUint8(i) : view.getUint16(2 * i, true),
  );
  if (stored === "float16") float16ToFloat32(codes, values);
  else for (let i = 0; i < count; i++) values[i] = (codes[i] ?? 0) * scale + min;
  const whole = own === "int32" ? Int32Array.from(values, Math.round) : values;
  return { dtype: own === "int32" ? "int32" : "float32", shape, bytes: new Uint8Array(whole.buffer) };
}

function unsupported(file: string, name: string, dtype: string): ParityError {
  return new ParityError(
    "FORMAT_UNSUPPORTED",
    `${file}: the weight ${name} is of a type that parity does not read (${dtype}).`,
    {
      where: { file, key: name },
      hint: "Convert the model again without quantization, with float32, int32 and bool weights.",
    },
  );
}
