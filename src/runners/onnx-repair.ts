import { dirname, resolve } from "node:path";
import { ParityError } from "../errors.js";
import { makeTensor, makeTensorAttribute } from "../formats/onnx/make.js";
import type { OnnxNode, OnnxTensor } from "../formats/onnx/types.js";
import { encodeOnnxModel } from "../formats/onnx/write-model.js";
import { readTensor } from "../formats/read-tensor.js";
import { createTemporaryFile } from "../formats/temporary-file.js";
import type { OnnxCandidateModel } from "./onnx-model.js";
import type { Value } from "./onnx-values.js";

/** A protobuf message holds no more. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

/**
 * Writes the model with other numbers in some of its initializers; everything else in the file stays as it is. Weights in files
 * beside the model stay there where the copy lies in the same folder, else they are brought into it.
 */
export function writeRepairedModel(model: OnnxCandidateModel, out: string, changed: ReadonlyMap<string, Value>): void {
  const { file } = model;
  const replaced = model.initializersWith(changed);
  const isBeside = dirname(resolve(out)) === dirname(resolve(file.path));
  const bringAlong = (tensor: OnnxTensor): OnnxTensor => {
    const { data } = tensor;
    if (data.kind === "raw" || data.kind === "typed" || (data.kind === "external" && isBeside)) return tensor;
    const lazy = file.tensors.get(tensor.name);
    return lazy === undefined ? tensor : { ...tensor, data: { kind: "raw", bytes: readTensor(lazy) } };
  };
  const repair = (tensor: OnnxTensor, name = tensor.name): OnnxTensor => {
    const value = replaced.get(name);
    if (value === undefined) return bringAlong(tensor);
    return { ...makeTensor(tensor.name, value.elemType, value.dims, bytesOf(value)), unknown: tensor.unknown };
  };
  const { graph } = file.model;
  const total = graph.initializers.reduce(
    (sum, one) => sum + (one.data.kind === "external" && isBeside ? 0 : (file.tensors.get(one.name)?.byteLength ?? 0)),
    0,
  );
  if (total > MAX_MODEL_BYTES) {
    throw new ParityError("USAGE", `${out} would hold ${total} bytes of weights; one ONNX file holds 2 GiB.`, {
      where: { file: out, key: "--fix" },
      hint: `Name a file in the folder of ${file.path}: there the weights stay in the files that they are in.`,
    });
  }
  const bytes = encodeOnnxModel({
    ...file.model,
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => repairConstant(node, repair)),
      initializers: graph.initializers.map((one) => repair(one)),
    },
  });
  const target = createTemporaryFile(out);
  target.write(bytes, 0);
  target.commit();
}

function bytesOf({ name, data }: OnnxTensor): Uint8Array {
  if (data.kind !== "raw") throw new RangeError(`the new numbers of ${name} are not in memory`);
  return data.bytes;
}

/** A weight may be what a `Constant` node gives. */
function repairConstant(node: OnnxNode, repair: (tensor: OnnxTensor, name: string) => OnnxTensor): OnnxNode {
  const tensor = node.opType === "Constant" ? node.attributes.get("value")?.tensor : undefined;
  const repaired = tensor === undefined ? undefined : repair(tensor, node.outputs[0] ?? "");
  if (tensor === undefined || repaired === undefined || repaired === tensor) return node;
  return { ...node, attributes: new Map([...node.attributes, ["value", makeTensorAttribute("value", repaired)]]) };
}
