import { ProtoReader } from "../tf-proto/proto-reader.js";
import type { OnnxValueInfo } from "./types.js";

/** Reads a `ValueInfoProto`: name, type and sizes of an input, an output or an inner tensor. Throws FORMAT_INVALID. */
export function readValueInfo(raw: Uint8Array, file: string, offset: number): OnnxValueInfo {
  const reader = new ProtoReader(raw, { file, offset });
  let [name, elemType, isTensor] = ["", 0, true];
  let dims: number[] | null = null;
  const params: string[] = [];
  const readDim = (): void => {
    let [size, param] = [-1, ""];
    reader.nested(
      "Dimension",
      (field) => {
        if (field === 1) size = reader.safeInt64();
        else if (field === 2) param = reader.string();
        else return false;
        return true;
      },
      [],
    );
    dims?.push(size < 0 ? -1 : size);
    params.push(param);
  };
  const readShape = (): void => {
    dims = [];
    reader.nested(
      "TensorShapeProto",
      (field) => {
        if (field !== 1) return false;
        readDim();
        return true;
      },
      [],
    );
  };
  const readTensorType = (): void => {
    reader.nested(
      "TypeProto.Tensor",
      (field) => {
        if (field === 1) elemType = reader.int32();
        else if (field === 2) readShape();
        else return false;
        return true;
      },
      [],
    );
  };
  const readType = (): void => {
    isTensor = false;
    reader.nested(
      "TypeProto",
      (field) => {
        if (field !== 1) return false;
        isTensor = true;
        readTensorType();
        return true;
      },
      [],
    );
  };
  reader.parse(() =>
    reader.root(
      "ValueInfoProto",
      (field) => {
        if (field === 1) name = reader.string();
        else if (field === 2) readType();
        else return false;
        return true;
      },
      [],
    ),
  );
  return { name, elemType, dims, params, isTensor, raw };
}
