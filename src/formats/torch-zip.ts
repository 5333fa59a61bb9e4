import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { type ByteSource, sliceSource } from "./byte-source.js";
import { bytesPerElement, elementCount } from "./dtype.js";
import { type FileBytes, withFileBytes } from "./file-bytes.js";
import { MAX_EXPANDED_BYTES, MAX_PICKLE_BYTES } from "./limits.js";
import type { PickleTensor } from "./pickle-values.js";
import { isRowMajor, spanElements } from "./strided.js";
import { makeTensor, type SpanCache } from "./tensor-view.js";
import { storageElementBytes } from "./torch-dtype.js";
import { isPickle, legacyPickleError } from "./torch-legacy.js";
import { nameTensors } from "./torch-names.js";
import { TORCH_MEANING } from "./torch-rebuild.js";
import type { LazyTensor, TensorFile } from "./types.js";
import { unpickle } from "./unpickle.js";
import { readZipDirectory, type ZipMember } from "./zip-directory.js";
import { createInflateCache, memberSource, readWholeMember } from "./zip-member.js";

/**
 * Opens a checkpoint that `torch.save` wrote (zip format, PyTorch 1.6 and later). Only the pickle is read, by a
 * restricted unpickler that executes nothing; storages are read where they lie. Tensors are named by their path
 * ("state_dict.h.0.weight"); tied ones are in `aliases`. Throws FORMAT_INVALID, or FORMAT_UNSUPPORTED for whole pickled
 * models, TorchScript and files from before 1.6, with what to do instead.
 */
export function openTorchZip(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const beginning = new Uint8Array(Math.min(16, bytes.size));
    bytes.read(beginning, 0);
    if (isPickle(beginning)) throw legacyPickleError(path, beginning);
    const archive = openArchive(bytes);
    const where = { file: path, key: `${archive.root}data.pkl` };
    const pickle = readWholeMember(bytes, archive.pickle, MAX_PICKLE_BYTES);
    const { tensors: views, metadata } = nameTensors(unpickle(pickle, TORCH_MEANING, where), where);
    const tensors = new Map<string, LazyTensor>();
    for (const [name, view] of views) tensors.set(name, toTensor(name, view, archive, { file: path, key: name }));
    return { path, format: "torch-zip", tensors, metadata, aliases: findAliases(views), close: archive.close };
  });
}

interface TorchArchive {
  /** The folder inside the archive, with its slash. */
  readonly root: string;
  readonly pickle: ZipMember;
  readonly bigEndian: boolean;
  readonly spanCache: SpanCache;
  storage(key: string): ByteSource | undefined;
  close(): void;
}

function openArchive(bytes: FileBytes): TorchArchive {
  const members = readZipDirectory(bytes);
  const pickle = [...members.values()].find(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `${bytes.file} is a zip archive without data.pkl, not a PyTorch checkpoint`,
      {
        where: { file: bytes.file },
        hint: "Save a state dict: torch.save(model.state_dict(), 'state.pt').",
      },
    );
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  if (members.has(`${root}constants.pkl`)) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${bytes.file} is a TorchScript program, not a state dict`, {
      where: { file: bytes.file },
      hint: `Save its weights: python -c "import torch; torch.save(torch.jit.load('model.pt', map_location='cpu').state_dict(), 'state.pt')"`,
    });
  }
  const inflated = createInflateCache();
  const spanCache: SpanCache = { held: undefined };
  return {
    root,
    pickle,
    spanCache,
    bigEndian: readByteOrder(bytes, members.get(`${root}byteorder`)),
    storage(key) {
      const member = members.get(`${root}data/${key}`);
      return member && memberSource(bytes, member, inflated);
    },
    close() {
      spanCache.held = undefined;
      inflated.clear();
      bytes.close();
    },
  };
}

/** Files without the record come from versions that knew little-endian machines only. */
function readByteOrder(bytes: FileBytes, member: ZipMember | undefined): boolean {
  if (member === undefined) return false;
  const order = Buffer.from(readWholeMember(bytes, member, 16)).toString("latin1");
  if (order !== "little" && order !== "big") {
    throw formatError(`the byteorder record says ${JSON.stringify(order)}, not little or big`, {
      file: bytes.file,
      offset: member.headerOffset,
      key: member.name,
    });
  }
  return order === "big";
}

function toTensor(name: string, view: PickleTensor, archive: TorchArchive, where: ErrorPlace): LazyTensor {
  const { dtype, shape, strides, offset, storage } = view;
  const source = archive.storage(storage.key);
  if (source === undefined) {
    throw formatError(`tensor ${name} refers to the storage ${storage.key}, which the archive does not hold`, where);
  }
  const storageBytes = storage.numberOfElements * storageElementBytes(storage.elementType);
  if (source.size !== storageBytes) {
    throw formatError(
      `the storage of tensor ${name} should have ${storageBytes} bytes, but its member has ${source.size}`,
      where,
    );
  }
  const itemBytes = bytesPerElement(dtype);
  const span = spanElements(shape, strides);
  if (span > 0 && (offset + span) * itemBytes > storageBytes) {
    throw formatError(
      `tensor ${name} of shape [${shape}], strides [${strides}] and offset ${offset} needs ${(offset + span) * itemBytes} bytes ` +
        `of a storage of ${storageBytes}`,
      where,
    );
  }
  const byteLength = elementCount(shape) * itemBytes;
  if (byteLength > storageBytes && byteLength > MAX_EXPANDED_BYTES) {
    throw formatError(
      `tensor ${name} repeats a storage of ${storageBytes} bytes up to ${byteLength}, more than ${MAX_EXPANDED_BYTES}`,
      where,
    );
  }
  const data =
    span === 0 ? sliceSource(source, 0, 0, name) : sliceSource(source, offset * itemBytes, span * itemBytes, name);
  const plain = { name, dtype, shape, source: data, bigEndian: archive.bigEndian };
  return makeTensor(isRowMajor(shape, strides) ? plain : { ...plain, strides, spanCache: archive.spanCache });
}

/** Groups of names with the same storage, element type, offset, shape and strides. Empty tensors are tied to nothing. */
function findAliases(views: ReadonlyMap<string, PickleTensor>): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const [name, { storage, dtype, offset, shape, strides }] of views) {
    if (elementCount(shape) === 0) continue;
    const identity = JSON.stringify([storage.key, dtype, offset, shape, strides]);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [name]);
    else group.push(name);
  }
  return [...groups.values()].filter((names) => names.length > 1);
}
