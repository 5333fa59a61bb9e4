import { readNodeDef } from "./graph-def.js";
import { readMapEntry } from "./map-entry.js";
import { type OpDef, readOpDef } from "./op-def.js";
import { ProtoReader, type ProtoSource } from "./proto-reader.js";
import type { FunctionDef, NodeDef } from "./types.js";

/** The inside of a function of a graph's library (tensorflow/core/framework/function.proto). */
export interface FunctionBody {
  readonly signature: OpDef;
  /** Inputs are written `argument`, `node:output:index` or `^node`. */
  readonly nodes: readonly NodeDef[];
  /** From an output of the signature to `argument` or `node:output:index`. */
  readonly returns: ReadonlyMap<string, string>;
  /** Ops that run whatever is read of the result. */
  readonly controlReturns: readonly string[];
}

/** Decodes what the library keeps raw. Throws FORMAT_INVALID. */
export function decodeFunction(definition: FunctionDef, source: ProtoSource): FunctionBody {
  const reader = new ProtoReader(definition.raw, source);
  let signature: OpDef = { name: definition.name, inputs: [], outputs: [] };
  const nodes: NodeDef[] = [];
  const returns = new Map<string, string>();
  const controlReturns = new Map<string, string>();
  const readText = (): string => reader.string();
  const onField = (field: number): boolean => {
    if (field === 1) signature = readOpDef(reader);
    else if (field === 3) nodes.push(readNodeDef(reader));
    else if (field === 4) readMapEntry(reader, returns, readText, () => "");
    else if (field === 6) readMapEntry(reader, controlReturns, readText, () => "");
    else reader.skip();
    return true;
  };
  reader.parse(() => reader.root("FunctionDef", onField, []));
  return { signature, nodes, returns, controlReturns: [...controlReturns.values()] };
}
