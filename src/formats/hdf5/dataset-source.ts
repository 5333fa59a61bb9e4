import type { ByteSource } from "../byte-source.js";
import { elementCount } from "../dtype.js";
import { boxesOf } from "./boxes.js";
import type { DatasetMetadata } from "./library.js";
import type { LibraryFile } from "./open-library-file.js";

/** Bytes that the library is asked for at once; they pass through its own memory. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Rows of chunks up to this size are kept, so that reading on does not decompress them again. */
const MAX_BAND_BYTES = 64 * 1024 * 1024;

/** The rows of chunks that were decompressed last; one per file. */
export interface BandCache {
  held: { readonly path: string; readonly start: number; readonly bytes: Uint8Array } | undefined;
}

/** The elements of a dataset as contiguous bytes in row-major order, little-endian as this machine is. */
export function datasetSource(
  file: LibraryFile,
  path: string,
  metadata: DatasetMetadata,
  cache: BandCache,
): ByteSource {
  const { size: item, shape, chunks } = metadata;
  const sizes = shape ?? [];
  const count = shape === null ? 0 : elementCount(sizes);
  const read = (target: Uint8Array, start: number): void => readElements(file, path, sizes, item, target, start);
  const row = elementCount(sizes.slice(1));
  const wanted = chunks === null ? 0 : (chunks[0] ?? 1) * row;
  const band = Math.min(wanted, Math.max(1, Math.floor(MAX_BAND_BYTES / item)));

  /** As `read`, through the band that is kept. */
  const readBanded = (target: Uint8Array, start: number): void => {
    const end = start + target.byteLength / item;
    for (let at = start; at < end; ) {
      const first = Math.floor(at / band) * band;
      if (cache.held?.path !== path || cache.held.start !== first) {
        cache.held = undefined; // let go of the old bytes before the new ones are allocated
        const bytes = new Uint8Array(Math.min(band, count - first) * item);
        read(bytes, first);
        cache.held = { path, start: first, bytes };
      }
      const { bytes } = cache.held;
      const part = bytes.subarray((at - first) * item, Math.min((end - first) * item, bytes.length));
      target.set(part, (at - start) * item);
      at += part.byteLength / item;
    }
  };
  const readAligned = band > 0 ? readBanded : read;
  return {
    file: file.where.file ?? path,
    origin: undefined,
    size: count * item,
    read(target, position) {
      if (target.byteLength === 0) return;
      const start = Math.floor(position / item);
      const end = Math.ceil((position + target.byteLength) / item);
      const skipped = position - start * item;
      if (skipped === 0 && (end - start) * item === target.byteLength) return readAligned(target, start);
      const whole = new Uint8Array((end - start) * item);
      readAligned(whole, start);
      target.set(whole.subarray(skipped, skipped + target.byteLength));
    },
  };
}

function readElements(
  file: LibraryFile,
  path: string,
  shape: readonly number[],
  item: number,
  target: Uint8Array,
  start: number,
): void {
  const piece = Math.max(1, Math.floor(PIECE_BYTES / item));
  const total = target.byteLength / item;
  file.ask(`/${path}`, (hdf5) => {
    const pointer = hdf5._malloc(Math.min(piece, total) * item);
    if (pointer === 0) throw new Error("the HDF5 library is out of memory");
    try {
      for (let done = 0; done < total; done += piece) {
        let at = done * item;
        for (const { offset, count } of boxesOf(shape, start + done, Math.min(piece, total - done))) {
          const bytes = elementCount(count) * item;
          const ranges = shape.length === 0 ? ([null, null] as const) : [count.map(BigInt), offset.map(BigInt)];
          const [counts = null, offsets = null] = ranges;
          const strides = shape.length === 0 ? null : count.map(() => 1n);
          const status = hdf5.get_dataset_data(file.id, `/${path}`, counts, offsets, strides, BigInt(pointer));
          if (status < 0) throw new Error(`${bytes} bytes at element ${start + done} could not be read`);
          // The library's memory may have grown, so its view is taken anew.
          target.set(hdf5.HEAPU8.subarray(pointer, pointer + bytes), at);
          at += bytes;
        }
      }
    } finally {
      hdf5._free(pointer);
    }
  });
}
