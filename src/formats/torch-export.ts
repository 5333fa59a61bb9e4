import { formatError, ParityError } from "../errors.js";
import { sliceSource } from "./byte-source.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { type FileBytes, withFileBytes } from "./file-bytes.js";
import { MAX_EXPANDED_BYTES, MAX_PICKLE_BYTES } from "./limits.js";
import { isRowMajor, spanElements } from "./strided.js";
import { makeTensor } from "./tensor-view.js";
import type { DType, LazyTensor, TensorFile } from "./types.js";
import { readZipDirectory, type ZipMember } from "./zip-directory.js";
import { createInflateCache, memberSource, readWholeMember } from "./zip-member.js";

const CONFIG = /^(.*\/)?data\/weights\/[^/]*_weights_config\.json$/;

/** `ScalarType` of torch's export schema (torch/_export/serde/schema.py). */
const SCALAR_TYPES: Readonly<Record<number, DType>> = {
  1: "uint8",
  2: "int8",
  3: "int16",
  4: "int32",
  5: "int64",
  6: "float16",
  7: "float32",
  8: "float64",
  10: "complex64",
  11: "complex128",
  12: "bool",
  13: "bfloat16",
  28: "uint16",
  29: "float8_e4m3fn",
  30: "float8_e5m2",
};

interface StoredWeight {
  readonly path_name?: unknown;
  readonly use_pickle?: unknown;
  readonly tensor_meta?: {
    readonly dtype?: unknown;
    readonly sizes?: unknown;
    readonly strides?: unknown;
    readonly storage_offset?: unknown;
  };
}

/** Whether the names in a zip archive are those of a program that `torch.export.save` wrote. */
export function isExportedProgram(names: readonly string[]): boolean {
  return names.some((name) => CONFIG.test(name));
}

/**
 * Opens the weights of a `torch.export` program (`.pt2`, PyTorch 2.8 and later): parameters and buffers under their names in
 * the module. The program itself is not read. Throws FORMAT_INVALID, and FORMAT_UNSUPPORTED for weights that are pickled.
 */
export function openExportedProgram(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const members = readZipDirectory(bytes);
    const configs = [...members.values()].filter(({ name }) => CONFIG.test(name));
    const inflated = createInflateCache();
    const tensors = new Map<string, LazyTensor>();
    const places = new Map<string, string[]>();
    for (const config of configs) {
      const folder = config.name.slice(0, config.name.lastIndexOf("/") + 1);
      for (const [name, stored] of Object.entries(readConfig(bytes, config))) {
        const file = typeof stored.path_name === "string" ? stored.path_name : "";
        const member = members.get(`${folder}${file}`);
        if (member === undefined)
          throw damaged(path, name, `refers to ${file || "nothing"}, which the archive does not hold`);
        if (stored.use_pickle === true) {
          throw new ParityError(
            "FORMAT_UNSUPPORTED",
            `${path}: the weight ${name} is pickled (a tensor of a class of its own).`,
            {
              where: { file: path, key: name },
              hint: "Save the state dict of the module that was exported.",
            },
          );
        }
        const view = viewOf(stored, path, name);
        const source = memberSource(bytes, member, inflated);
        const size = bytesPerElement(view.dtype);
        const span = spanElements(view.shape, view.strides);
        if ((view.offset + span) * size > source.size)
          throw damaged(path, name, `needs ${(view.offset + span) * size} bytes of ${source.size}`);
        if (elementCount(view.shape) * size > Math.max(source.size, MAX_EXPANDED_BYTES))
          throw damaged(path, name, `repeats ${source.size} bytes too often`);
        const data = sliceSource(source, view.offset * size, span * size, name);
        const plain = { name, dtype: view.dtype, shape: view.shape, source: data };
        tensors.set(
          name,
          makeTensor(isRowMajor(view.shape, view.strides) ? plain : { ...plain, strides: view.strides }),
        );
        const place = JSON.stringify([member.name, view]);
        places.set(place, [...(places.get(place) ?? []), name]);
      }
    }
    const aliases = [...places.values()].filter((names) => names.length > 1);
    const close = (): void => {
      inflated.clear();
      bytes.close();
    };
    return { path, format: "torch-export", tensors, metadata: {}, aliases, close };
  });
}

function readConfig(bytes: FileBytes, member: ZipMember): Readonly<Record<string, StoredWeight>> {
  const text = Buffer.from(readWholeMember(bytes, member, MAX_PICKLE_BYTES)).toString("utf8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw formatError(`${bytes.file}: ${member.name} is not valid JSON: ${String(cause)}`, {
      file: bytes.file,
      key: member.name,
    });
  }
  const config = typeof parsed === "object" && parsed !== null && "config" in parsed ? parsed.config : null;
  if (typeof config === "object" && config !== null) return config as Record<string, StoredWeight>;
  throw formatError(`${bytes.file}: ${member.name} has no object "config"`, { file: bytes.file, key: member.name });
}

function viewOf({ tensor_meta: meta }: StoredWeight, path: string, name: string) {
  const dtype = SCALAR_TYPES[Number(meta?.dtype)];
  if (dtype === undefined) throw damaged(path, name, `has the type ${String(meta?.dtype)}, which parity does not read`);
  const shape = numbersOf(meta?.sizes);
  const strides = numbersOf(meta?.strides);
  const offset = numberOf(meta?.storage_offset);
  if (shape === null || strides === null || offset === null || shape.length !== strides.length)
    throw damaged(path, name, "has no sizes, strides and offset that are whole numbers");
  return { dtype, shape, strides, offset };
}

function numbersOf(all: unknown): number[] | null {
  if (!Array.isArray(all)) return null;
  const numbers = all.map(numberOf);
  return numbers.every((one) => one !== null) ? numbers : null;
}

/** `{"as_int": 4}`; what is symbolic is no stored tensor's. */
function numberOf(value: unknown): number | null {
  const whole = typeof value === "object" && value !== null && "as_int" in value ? value.as_int : null;
  return typeof whole === "number" && Number.isSafeInteger(whole) && whole >= 0 ? whole : null;
}

function damaged(path: string, name: string, what: string): ParityError {
  return formatError(`${path}: the weight ${name} ${what}`, { file: path, key: name }, "Export the program again.");
}
