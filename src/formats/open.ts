import { statSync } from "node:fs";
import { ParityError } from "../errors.js";
import { type ByteSource, readBytes } from "./byte-source.js";
import { withFileBytes } from "./file-bytes.js";
import { isHdf5, openHdf5 } from "./hdf5.js";
import { isKerasArchive, openKerasArchive } from "./keras-archive.js";
import { isNpy, openNpy } from "./npy.js";
import { openNpz } from "./npz.js";
import { isOnnx } from "./onnx/is-onnx.js";
import { openOnnx } from "./onnx/open-onnx.js";
import { openSafetensors } from "./safetensors.js";
import { openShardedSafetensors } from "./safetensors-sharded.js";
import { openCheckpoint } from "./tf-checkpoint.js";
import { isExportedProgram, openExportedProgram } from "./torch-export.js";
import { isPickle } from "./torch-legacy.js";
import { openTorchZip } from "./torch-zip.js";
import type { TensorFile } from "./types.js";
import { readZipDirectory } from "./zip-directory.js";

type Open = (path: string) => TensorFile;

const READABLE =
  "parity reads TensorFlow checkpoints (the prefix, or NAME.index), safetensors files and their .index.json, " +
  "PyTorch checkpoints (.pt, .pth, .bin of torch.save), programs of torch.export (.pt2), ONNX models, Keras' .h5, .weights.h5 and .keras, .npz and .npy.";

/** The last eight bytes of every TensorFlow checkpoint index (LevelDB's table magic, little-endian). */
const TABLE_MAGIC = Buffer.from("57fb808b247547db", "hex");

/**
 * Opens a file of tensors, recognised by its content, whatever its name. `path` may also be the prefix of a
 * TensorFlow checkpoint or one of its files. Throws FILE_NOT_FOUND, FORMAT_INVALID or FORMAT_UNSUPPORTED; for unknown
 * content the hint lists what is readable. For HDF5 files (Keras), `prepareFormats(path)` has to be awaited before.
 */
export function openTensorFile(path: string): TensorFile {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return openCheckpointOf(path);
  const open = withFileBytes(path, (bytes) => {
    const found = recognise(bytes);
    bytes.close();
    return found;
  });
  if (open !== undefined) return open(path);
  if (isCheckpointPart(path)) return openCheckpointOf(path);
  // A damaged header is recognised by nothing; what the name promises then says best what is wrong.
  if (path.endsWith(".safetensors")) return openSafetensors(path);
  if (path.endsWith(".onnx")) return openOnnx(path);
  throw new ParityError("FORMAT_UNSUPPORTED", `${path} is not a file of tensors that parity knows`, {
    where: { file: path, offset: 0 },
    hint: READABLE,
  });
}

/** A path that is no file: a checkpoint's prefix or directory, or a mistake. */
function openCheckpointOf(path: string): TensorFile {
  return openCheckpoint(path);
}

/** `NAME.meta` and `NAME.data-*` are recognised by their index, as is a file that has the name of a prefix. */
function isCheckpointPart(path: string): boolean {
  const prefix = path.replace(/\.(?:meta|data-\d{5}-of-\d{5})$/, "");
  return statSync(`${prefix}.index`, { throwIfNoEntry: false })?.isFile() === true;
}

function recognise(bytes: ByteSource): Open | undefined {
  const beginning = Buffer.from(readBytes(bytes, 0, Math.min(64, bytes.size)));
  if (isNpy(beginning)) return openNpy;
  if (isHdf5(beginning)) return openHdf5;
  // Eight bytes of header length, of which the upper half is zero, then the header's brace. Before
  // pickles: a header of 640 bytes begins as one does.
  if (beginning.length > 8 && beginning[8] === 0x7b && beginning.readUInt32LE(4) === 0) return openSafetensors;
  if (isPickle(beginning)) return openTorchZip; // refuses it, with the command that converts it
  if (beginning.toString("latin1", 0, 2) === "PK") return recogniseZip(bytes);
  if (/^(?:\ufeff)?\s*\{/.test(beginning.toString("utf8"))) return openShardedSafetensors;
  if (bytes.size >= 48 && TABLE_MAGIC.equals(readBytes(bytes, bytes.size - 8, 8))) return openCheckpointOf;
  if (isOnnx(bytes)) return openOnnx;
  return undefined;
}

function recogniseZip(bytes: ByteSource): Open | undefined {
  const names = [...readZipDirectory(bytes).keys()];
  if (names.some((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name))) return openTorchZip;
  if (isKerasArchive(names)) return openKerasArchive;
  if (isExportedProgram(names)) return openExportedProgram;
  return names.every((name) => name.endsWith(".npy")) ? openNpz : undefined;
}
