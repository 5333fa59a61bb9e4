import { bytesPerElement, elementCount } from "../formats/dtype.js";
import { DataType, toDType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import { makeInt32Constant, makeNode } from "./constant.js";
import { indexInWhole, readSliceSpec } from "./slice-spec.js";
import type { GraphVariable } from "./variables.js";

/**
 * How many elements of each variable are compared with the checkpoint. A variable that was not restored is freshly
 * initialised and differs in nearly all of them; one that was is equal in all.
 */
const SAMPLES = 64;

/** A few elements of a variable as the session has it, to be held against the checkpoint bit by bit. */
export interface VariableSample {
  readonly key: string;
  readonly node: string;
  /** Flat row-major indices of the sampled elements in the checkpoint's tensor. */
  readonly indices: readonly number[];
  /** The tensor to ask the session for. */
  readonly read: string;
  readonly dtype: "float32" | "int32";
  /**
   * Bytes of one element. Elements of 4 and 8 bytes are fetched as their own bits, smaller ones as the low bytes of an
   * int32 each.
   */
  readonly width: number;
}

/** Ops that gather evenly spaced elements of every variable that has any, whole or a part of a partitioned one. */
export function makeSampleOps(
  variables: readonly GraphVariable[],
  shapeOf: (key: string) => readonly number[],
): { samples: VariableSample[]; nodes: NodeDef[] } {
  const samples: VariableSample[] = [];
  const nodes: NodeDef[] = [];
  variables.forEach((variable, i) => {
    const part = readSliceSpec(variable.slice);
    const count = elementCount(part?.length ?? shapeOf(variable.key));
    const name = `parity_sample/${i}`;
    const reading = readBits(`${name}/gather`, variable.dataType, name);
    if (reading === null || count === 0) return;
    const taken = Math.min(SAMPLES, count);
    const local = Array.from({ length: taken }, (_, k) => Math.floor((k * count) / taken));
    const type = { type: variable.dataType };
    nodes.push(
      variable.isResource
        ? makeNode(`${name}/read`, "ReadVariableOp", [variable.node], { dtype: type })
        : makeNode(`${name}/read`, "Identity", [variable.node], { T: type }),
      makeInt32Constant(`${name}/flat`, [-1]),
      makeInt32Constant(`${name}/indices`, local),
      makeInt32Constant(`${name}/axis`, [0], []),
      makeNode(`${name}/reshape`, "Reshape", [`${name}/read`, `${name}/flat`], {
        T: type,
        Tshape: { type: DataType.INT32 },
      }),
      makeNode(`${name}/gather`, "GatherV2", [`${name}/reshape`, `${name}/indices`, `${name}/axis`], {
        Tparams: type,
        Tindices: { type: DataType.INT32 },
        Taxis: { type: DataType.INT32 },
        batch_dims: { i: 0 },
      }),
      ...reading.nodes,
    );
    const indices = part === null ? local : local.map((index) => indexInWhole(part, index));
    const { read, dtype, width } = reading;
    samples.push({ key: variable.key, node: variable.node, indices, read, dtype, width });
  });
  return { samples, nodes };
}

/** Ops that hand the bits of a tensor to a session that gives out float32 and int32; null for types without fixed bits. */
function readBits(
  tensor: string,
  dataType: number,
  name: string,
): (Pick<VariableSample, "read" | "dtype" | "width"> & { nodes: NodeDef[] }) | null {
  const dtype = toDType(dataType);
  const width = dtype === undefined ? 0 : bytesPerElement(dtype);
  if (dataType === DataType.FLOAT) return { read: `${tensor}:0`, dtype: "float32", width, nodes: [] };
  if (dataType === DataType.INT32) return { read: `${tensor}:0`, dtype: "int32", width, nodes: [] };
  const cast = (from: string, type: number) =>
    makeNode(`${name}/cast`, "Cast", [from], {
      SrcT: { type },
      DstT: { type: DataType.INT32 },
      Truncate: { b: false },
    });
  const bits = (type: number) =>
    makeNode(`${name}/bits`, "Bitcast", [tensor], { T: { type: dataType }, type: { type } });
  switch (dataType) {
    case DataType.DOUBLE:
    case DataType.INT64:
    case DataType.UINT64:
    case DataType.UINT32:
    case DataType.COMPLEX64:
      return { read: `${name}/bits:0`, dtype: "int32", width, nodes: [bits(DataType.INT32)] };
    case DataType.HALF:
    case DataType.BFLOAT16:
      return {
        read: `${name}/cast:0`,
        dtype: "int32",
        width,
        nodes: [bits(DataType.UINT16), cast(`${name}/bits`, DataType.UINT16)],
      };
    case DataType.UINT16:
    case DataType.INT16:
    case DataType.INT8:
    case DataType.UINT8:
    case DataType.BOOL:
      return { read: `${name}/cast:0`, dtype: "int32", width, nodes: [cast(tensor, dataType)] };
    default:
      return null;
  }
}
