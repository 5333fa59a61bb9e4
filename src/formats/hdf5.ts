import { type ErrorPlace, formatError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";
import { checkShape } from "./check-shape.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { withFileBytes } from "./file-bytes.js";
import { type BandCache, datasetSource } from "./hdf5/dataset-source.js";
import { isOpaque, nameType, storedType } from "./hdf5/dtype.js";
import { type LibraryFile, openLibraryFile } from "./hdf5/open-library-file.js";
import { attributesOf, readStrings, textAttribute } from "./hdf5/read-strings.js";
import { type FoundDataset, findDatasets } from "./hdf5/walk.js";
import { labelOlderVariables, labelVariables } from "./keras-names.js";
import { MAX_DEFLATE_RATIO, MAX_HDF5_FILL_BYTES } from "./limits.js";
import { makeTensor } from "./tensor-view.js";
import type { LazyTensor, TensorFile } from "./types.js";

/** What every HDF5 file begins with (a user block of 512 · 2ⁿ bytes may stand before it; Keras writes none). */
const SIGNATURE = Buffer.from("894844460d0a1a0a", "hex");

export function isHdf5(beginning: Uint8Array): boolean {
  return SIGNATURE.equals(beginning.subarray(0, SIGNATURE.length));
}

/**
 * Opens an HDF5 file: Keras' `.h5` (a whole model or weights) and `.weights.h5`, or any other file of arrays. `loadHdf5` has to be
 * awaited before. Tensors are named by their path; `labels` has the variables' own names where the file tells them. `metadata`
 * holds the root's text attributes that Keras writes, and `unsupportedTensors` as a TensorFlow checkpoint has it. Only this file
 * is read. Throws FORMAT_INVALID for damaged files, FORMAT_UNSUPPORTED for those whose tensors lie in other files.
 */
export function openHdf5(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const file = openHdf5Source(bytes, { file: path });
    return { ...file, path, format: "hdf5", close: () => closeAll([file, bytes]) };
  });
}

export type Hdf5Content = Pick<TensorFile, "tensors" | "metadata" | "aliases" | "close"> & {
  readonly labels: ReadonlyMap<string, string>;
};

/** As `openHdf5`, of bytes anywhere; `source` stays the caller's. */
export function openHdf5Source(source: ByteSource, where: ErrorPlace): Hdf5Content {
  const file = openLibraryFile(source, where);
  try {
    return readContent(file);
  } catch (error) {
    file.close();
    throw error;
  }
}

function closeAll(files: readonly { close(): void }[]): void {
  for (const file of files) file.close();
}

/** Text attributes of the root that tell what the file is. */
const TOLD = ["keras_version", "backend", "model_config"];

function readContent(file: LibraryFile): Hdf5Content {
  const tensors = new Map<string, LazyTensor>();
  const aliases: string[][] = [];
  const unsupported: { name: string; dtype: string }[] = [];
  const cache: BandCache = { held: undefined };
  for (const dataset of findDatasets(file)) {
    const { path, others } = dataset;
    if (dataset.metadata.shape === null) continue; // a null dataspace: h5py's Empty
    const tensor = toTensor(file, dataset, cache);
    if (tensor === undefined) {
      unsupported.push({ name: path, dtype: nameType(dataset.metadata) });
      continue;
    }
    tensors.set(path, tensor);
    for (const other of others) tensors.set(other, { ...tensor, name: other });
    if (others.length > 0) aliases.push([path, ...others]);
  }
  const told = TOLD.flatMap((name) => {
    const text = textAttribute(file, "", name);
    return text === undefined ? [] : [[name, text] as const];
  });
  const metadata = {
    ...Object.fromEntries(told),
    ...(unsupported.length > 0 ? { unsupportedTensors: JSON.stringify(unsupported) } : {}),
  };
  const all = [...tensors.values()];
  const older = ["", "model_weights"].find((path) => attributesOf(file, path).includes("layer_names"));
  const labels =
    older === undefined
      ? labelVariables(all, (path) => textAttribute(file, path, "name"))
      : labelOlderVariables(all, older === "" ? "" : `${older}/`);
  const close = (): void => {
    cache.held = undefined;
    file.close();
  };
  return { tensors, metadata, aliases, labels, close };
}

function toTensor(file: LibraryFile, { path, metadata }: FoundDataset, cache: BandCache): LazyTensor | undefined {
  const where = { ...file.where, key: path };
  const dtype = storedType(metadata, isOpaque(metadata) ? textAttribute(file, path, "dtype") : undefined);
  if (dtype === undefined) return undefined;
  const shape = checkShape([...(metadata.shape ?? [])], path, where);
  if (dtype === "string") {
    return {
      name: path,
      dtype,
      shape,
      byteLength: 0,
      location: { file: file.where.file ?? path },
      read(target) {
        if (target.byteLength > 0) throw new RangeError(`${path} holds strings, which strings() gives`);
      },
      strings: () => readStrings(file, path, metadata),
    };
  }
  const bytes = elementCount(shape) * bytesPerElement(dtype);
  if (bytes > file.size * MAX_DEFLATE_RATIO + MAX_HDF5_FILL_BYTES) {
    throw formatError(`the dataset /${path} claims ${bytes} bytes, in a file of ${file.size}`, where);
  }
  const source = datasetSource(file, path, metadata, cache);
  return makeTensor({ name: path, dtype, shape, source });
}
