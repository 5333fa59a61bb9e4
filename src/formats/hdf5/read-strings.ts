import { formatError } from "../../errors.js";
import { elementCount } from "../dtype.js";
import { MAX_HDF5_TEXT_BYTES } from "../limits.js";
import { datasetSource } from "./dataset-source.js";
import type { DatasetMetadata } from "./library.js";
import type { LibraryFile } from "./open-library-file.js";

/** The elements of a dataset of strings as bytes: of one length, without the padding, or of any length. */
export function readStrings(file: LibraryFile, path: string, metadata: DatasetMetadata): Uint8Array[] {
  const count = metadata.shape === null ? 0 : elementCount(metadata.shape);
  if (count === 0) return [];
  if (count * metadata.size > MAX_HDF5_TEXT_BYTES) {
    throw formatError(`the strings /${path} take more than ${MAX_HDF5_TEXT_BYTES} bytes`, { ...file.where, key: path });
  }
  if (metadata.vlen) return readAnyLength(file, path);
  const bytes = new Uint8Array(count * metadata.size);
  datasetSource(file, path, metadata, { held: undefined }).read(bytes, 0);
  return Array.from({ length: count }, (_, i) => {
    const one = bytes.subarray(i * metadata.size, (i + 1) * metadata.size);
    const end = one.indexOf(0);
    return end === -1 ? one : one.subarray(0, end);
  });
}

function readAnyLength(file: LibraryFile, path: string): Uint8Array[] {
  const { Dataset } = file.library.objects;
  const value = file.ask(`/${path}`, () => new Dataset(file.id, `/${path}`).json_value);
  const values: readonly unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  return values.map((one) => new TextEncoder().encode(String(one)));
}

/** A text attribute of a group or a dataset; undefined where there is none, or it is no text. `path` without leading slash. */
export function textAttribute(file: LibraryFile, path: string, name: string): string | undefined {
  const { Group } = file.library.objects;
  if (!attributesOf(file, path).includes(name)) return undefined;
  const value = file.ask(`the attribute ${name} of /${path}`, () =>
    new Group(file.id, `/${path}`).get_attribute(name, true),
  );
  return typeof value === "string" ? value : undefined;
}

/** Names of the attributes of a group or a dataset; none where there is no such path. */
export function attributesOf(file: LibraryFile, path: string): readonly string[] {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  const names = file.ask(`the group /${parent}`, (hdf5) => hdf5.get_names(file.id, `/${parent}`, false));
  if (path !== "" && !names.includes(path.slice(path.lastIndexOf("/") + 1))) return [];
  return file.ask(`the attributes of /${path}`, (hdf5) => hdf5.get_attribute_names(file.id, `/${path}`));
}
