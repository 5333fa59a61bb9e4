import { existsSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { readPart, zipNames } from "./zip-names.js";

/**
 * What kind of model a file or folder is, among those that parity does not run yet ("a TensorFlow SavedModel"), by its
 * content where that tells and by its ending where it does not. Null when it is none of them.
 */
export function nameUnsupported(path: string): string | null {
  return statSync(path).isDirectory() ? nameFolder(path) : nameFile(path);
}

function nameFolder(path: string): string | null {
  if (existsSync(join(path, "saved_model.pb")) || existsSync(join(path, "saved_model.pbtxt")))
    return "a TensorFlow SavedModel";
  if (existsSync(join(path, "recording.json"))) return "a recording (golden) made by parity";
  if (existsSync(join(path, "model.json"))) return "a TensorFlow.js model";
  return null;
}

function nameFile(path: string): string | null {
  const ending = extname(path).toLowerCase();
  const head = readPart(path, 0, 8);
  if (head.toString("latin1", 0, 4) === "\x89HDF") return "a Keras model (HDF5)";
  if (head.toString("latin1", 4, 8) === "TFL3") return "a TensorFlow Lite model";
  if (head.toString("latin1", 0, 2) === "PK") return nameZip(path, ending);
  if (ending === ".pb" || ending === ".pbtxt") return "a TensorFlow GraphDef or SavedModel protobuf";
  if (ending === ".h5" || ending === ".keras") return "a Keras model";
  if (ending === ".tflite") return "a TensorFlow Lite model";
  if (ending === ".safetensors" || [".pt", ".pth", ".bin"].includes(ending))
    return "a state dict: weights without the code that uses them";
  return null;
}

/** PyTorch and Keras both pack models as zip; the names in the zip's directory, at its end, tell them apart. */
function nameZip(path: string, ending: string): string | null {
  const names = zipNames(path);
  if (names.includes("/aotinductor/")) return "a package of AOTInductor: machine code without a graph";
  if (names.includes("model.weights.h5")) return "a Keras model (.keras)";
  if (names.includes("/data.pkl")) return "a state dict: weights without the code that uses them";
  if (names.includes(".npy")) return "a set of arrays (.npz)";
  return ending === ".keras" ? "a Keras model (.keras)" : null;
}
