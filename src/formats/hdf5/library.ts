import type { ByteSource } from "../byte-source.js";

/** What HDF5 says about a dataset: the part of h5wasm's metadata that is read here. */
export interface DatasetMetadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  /** Null for a null dataspace, which has no elements at all. */
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly compound_type?: {
    readonly members: readonly {
      readonly name: string;
      readonly type: number;
      readonly size: number;
      readonly offset: number;
    }[];
  };
  readonly virtual_sources?: readonly unknown[];
}

type Range = readonly bigint[] | null;

/** The HDF5 library's C functions as h5wasm exports them. */
export interface Hdf5Module {
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5G_UDLINK: number;
  readonly H5F_ACC_RDONLY: number;
  readonly HEAPU8: Uint8Array;
  readonly FS: VirtualFiles;
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  create_object_reference(file: bigint, path: string): Uint8Array;
  get_dataset_metadata(file: bigint, path: string): DatasetMetadata;
  get_dataset_data(file: bigint, path: string, count: Range, offset: Range, strides: Range, target: bigint): number;
  get_attribute_names(file: bigint, path: string): string[];
  activate_throwing_error_handler(): number;
  _malloc(size: number): number;
  _free(pointer: number): void;
}

interface VirtualFiles {
  readonly ErrnoError: new (code: number) => Error;
  createFile(parent: string, name: string, properties: object, canRead: boolean, canWrite: boolean): VirtualNode;
  unlink(path: string): void;
}

interface VirtualNode {
  usedBytes: number;
  stream_ops: object;
}

/** h5wasm's own reading of attributes and of strings of any length. */
interface Hdf5Objects {
  readonly Group: new (file: bigint, path: string) => { get_attribute(name: string, json: true): unknown };
  readonly Dataset: new (file: bigint, path: string) => { readonly json_value: unknown };
}

export interface Hdf5Library {
  readonly module: Hdf5Module;
  readonly objects: Hdf5Objects;
}

let loaded: Hdf5Library | undefined;

/** Loads the HDF5 library (WebAssembly, 4 MB, about 0.3 s) once; only files of HDF5 make anybody call it. */
export async function loadHdf5(): Promise<void> {
  if (loaded !== undefined) return;
  const { ready, Group, Dataset } = await import("h5wasm");
  const module = (await ready) as unknown as Hdf5Module;
  // Otherwise the library prints its stack of errors and answers as if nothing had happened.
  module.activate_throwing_error_handler();
  loaded = { module, objects: { Group, Dataset } };
}

/** The library, if it is loaded. */
export function hdf5Library(): Hdf5Library | undefined {
  return loaded;
}

const BAD_SEEK = 28; // EINVAL
const READ_ONLY = 69; // EROFS
const NO_MAPPING = 43; // ENODEV

/**
 * Shows the bytes of a source to the library as the file `name`, and nothing else of this machine: a file that refers to
 * others by path (external links, external storage) finds nothing there. Nothing is copied: what the library asks for is read
 * from the source. Gives the path in the library's own file system; `fs.unlink` removes it.
 *
 * @param failed told what the source threw, which the library hides behind an error number
 */
export function mountSource(
  { module }: Hdf5Library,
  name: string,
  source: ByteSource,
  failed: (error: unknown) => void,
): string {
  const { FS } = module;
  const node = FS.createFile("/", name, {}, true, false);
  node.usedBytes = source.size;
  const refuse = (code: number) => (): never => {
    throw new FS.ErrnoError(code);
  };
  node.stream_ops = {
    llseek(stream: { readonly position: number }, offset: number, whence: number): number {
      const base = whence === 1 ? stream.position : whence === 2 ? source.size : 0;
      if (base + offset < 0) throw new FS.ErrnoError(BAD_SEEK);
      return base + offset;
    },
    read(_stream: object, target: Uint8Array, at: number, length: number, position: number): number {
      const count = Math.max(0, Math.min(length, source.size - position));
      try {
        source.read(new Uint8Array(target.buffer, target.byteOffset + at, count), position);
      } catch (error) {
        failed(error);
        throw new FS.ErrnoError(BAD_SEEK);
      }
      return count;
    },
    write: refuse(READ_ONLY),
    mmap: refuse(NO_MAPPING),
  };
  return `/${name}`;
}
