import { formatError } from "../../errors.js";
import { type FileBytes, withFileBytes } from "../file-bytes.js";
import type { LazyTensor, TensorFile } from "../types.js";
import { ExternalFiles } from "./external-data.js";
import { readOnnxModel } from "./read-model.js";
import { lazyTensor } from "./tensor-data.js";
import type { OnnxModel } from "./types.js";

/** An ONNX model with its initializers as lazy tensors. */
export interface OnnxFile extends TensorFile {
  readonly format: "onnx";
  readonly model: OnnxModel;
  readonly bytes: FileBytes;
  readonly external: ExternalFiles;
}

/**
 * Opens an ONNX model. Its tensors are the initializers under their own names, and the tensors of `Constant` nodes under the
 * name of what the node gives. Throws FORMAT_INVALID, FORMAT_UNSUPPORTED and FILE_NOT_FOUND.
 */
export function openOnnx(path: string): OnnxFile {
  return withFileBytes(path, (bytes) => {
    const model = readOnnxModel(bytes);
    const external = new ExternalFiles(path);
    try {
      const tensors = new Map<string, LazyTensor>();
      const add = (tensor: LazyTensor): void => {
        const { name } = tensor;
        if (tensors.has(name)) throw formatError(`the tensor ${name} is in the file twice`, { file: path, key: name });
        tensors.set(name, tensor);
      };
      for (const one of model.graph.initializers) add(lazyTensor(one, bytes, external));
      for (const { opType, domain, outputs, attributes } of model.graph.nodes) {
        const value = opType === "Constant" && domain === "" ? attributes.get("value")?.tensor : undefined;
        if (value !== undefined) add(lazyTensor({ ...value, name: outputs[0] ?? "" }, bytes, external));
      }
      const close = (): void => {
        external.close();
        bytes.close();
      };
      const metadata = { producer: model.producer, ir_version: String(model.irVersion) };
      return { path, format: "onnx", tensors, metadata, aliases: [], close, model, bytes, external };
    } catch (error) {
      external.close();
      throw error;
    }
  });
}
