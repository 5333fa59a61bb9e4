import { ProtoReader, type ProtoSource } from "./proto-reader.js";

/** An input or output of an op or a function, as its definition states it (tensorflow/core/framework/op_def.proto). */
export interface ArgDef {
  readonly name: string;
  /** A fixed `DataType` number; 0 where an attribute tells it. */
  readonly type: number;
  /** Names of attributes; empty where they do not apply. `numberAttr` and `typeListAttr` make the argument several tensors. */
  readonly typeAttr: string;
  readonly numberAttr: string;
  readonly typeListAttr: string;
}

/** The signature of an op or a function. */
export interface OpDef {
  readonly name: string;
  readonly inputs: readonly ArgDef[];
  readonly outputs: readonly ArgDef[];
}

function readArgDef(reader: ProtoReader): ArgDef {
  let name = "";
  let type = 0;
  let typeAttr = "";
  let numberAttr = "";
  let typeListAttr = "";
  reader.nestedRaw("ArgDef", (field) => {
    if (field === 1) name = reader.string();
    else if (field === 3) type = reader.int32();
    else if (field === 4) typeAttr = reader.string();
    else if (field === 5) numberAttr = reader.string();
    else if (field === 6) typeListAttr = reader.string();
    else return false;
    return true;
  });
  return { name, type, typeAttr, numberAttr, typeListAttr };
}

/** Reads the current field as an `OpDef`. */
export function readOpDef(reader: ProtoReader): OpDef {
  let name = "";
  const inputs: ArgDef[] = [];
  const outputs: ArgDef[] = [];
  reader.nestedRaw("OpDef", (field) => {
    if (field === 1) name = reader.string();
    else if (field === 2) inputs.push(readArgDef(reader));
    else if (field === 3) outputs.push(readArgDef(reader));
    else return false;
    return true;
  });
  return { name, inputs, outputs };
}

/** Decodes an `OpList`: the definitions of the ops that a graph uses, by name. Throws FORMAT_INVALID. */
export function decodeOpList(bytes: Uint8Array, source: ProtoSource): Map<string, OpDef> {
  const reader = new ProtoReader(bytes, source);
  const ops = new Map<string, OpDef>();
  const onField = (field: number): boolean => {
    if (field !== 1) {
      reader.skip();
      return true;
    }
    const op = readOpDef(reader);
    ops.set(op.name, op);
    return true;
  };
  reader.parse(() => reader.root("OpList", onField, []));
  return ops;
}
