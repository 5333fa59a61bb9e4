import { ParityError } from "../errors.js";
import { baseDataType, DataType, dataTypeName, toDType } from "../formats/tf-proto/data-type.js";
import type { NodeDef } from "../formats/tf-proto/types.js";
import type { DType } from "../formats/types.js";
import { makeNode } from "./constant.js";

/** How a tensor is read out of a session that only hands over float32, int32 and bool. */
export interface Fetch {
  /** The tensor to ask the session for. */
  readonly read: string;
  /** The dtype under which the value is recorded. */
  readonly dtype: DType;
  /** The fetched int32 pairs are the bits of float64 values: drop the last axis. */
  readonly bitcast: boolean;
}

/**
 * The op (if one is needed) by which a tensor of the given DataType is read without loss: 16-bit floats are widened,
 * float64 is handed over as its bits, integers become int32.
 */
export function makeFetch(tensor: string, dataType: number, name: string): { fetch: Fetch; nodes: NodeDef[] } {
  const type = baseDataType(dataType);
  const source = tensor.endsWith(":0") ? tensor.slice(0, -2) : tensor;
  switch (type) {
    case DataType.FLOAT:
      return { fetch: { read: tensor, dtype: "float32", bitcast: false }, nodes: [] };
    case DataType.INT32:
      return { fetch: { read: tensor, dtype: "int32", bitcast: false }, nodes: [] };
    case DataType.DOUBLE: {
      const node = makeNode(name, "Bitcast", [source], { T: { type }, type: { type: DataType.INT32 } });
      return { fetch: { read: `${name}:0`, dtype: "float64", bitcast: true }, nodes: [node] };
    }
    case DataType.HALF:
    case DataType.BFLOAT16: {
      const node = makeNode(name, "Cast", [source], {
        SrcT: { type },
        DstT: { type: DataType.FLOAT },
        Truncate: { b: false },
      });
      return { fetch: { read: `${name}:0`, dtype: "float32", bitcast: false }, nodes: [node] };
    }
    case DataType.BOOL:
    case DataType.INT64:
    case DataType.INT16:
    case DataType.INT8:
    case DataType.UINT8: {
      const node = makeNode(name, "Cast", [source], {
        SrcT: { type },
        DstT: { type: DataType.INT32 },
        Truncate: { b: false },
      });
      return { fetch: { read: `${name}:0`, dtype: "int32", bitcast: false }, nodes: [node] };
    }
    default:
      throw new ParityError(
        "FORMAT_UNSUPPORTED",
        `${tensor} has type ${dataTypeName(dataType)} (${toDType(dataType) ?? "unknown"}), which cannot be read out of a session.`,
        { where: { key: tensor } },
      );
  }
}
