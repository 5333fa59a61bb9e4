import { ParityError } from "../errors.js";
import type { ArgDef, OpDef } from "../formats/tf-proto/op-def.js";
import type { NodeDef } from "../formats/tf-proto/types.js";

/** How many tensors an argument is, by the attributes of the op that has it. */
export function countTensors(argument: ArgDef, node: NodeDef): number {
  if (argument.numberAttr !== "") {
    const value = node.attr.get(argument.numberAttr);
    return value !== undefined && "i" in value ? Number(value.i) : 1;
  }
  if (argument.typeListAttr !== "") {
    const value = node.attr.get(argument.typeListAttr);
    return value !== undefined && "list" in value ? value.list.type.length : 1;
  }
  return 1;
}

/**
 * The position of `node:output:index`, as a function's inside names it, among all outputs of the op. `definition` may be
 * missing for an op that the file does not define: then its only output that is named is taken for its first.
 */
export function flatSlot(
  node: NodeDef,
  definition: OpDef | undefined,
  output: string,
  index: number,
  file: string,
): number {
  if (definition === undefined) return index;
  let at = 0;
  for (const argument of definition.outputs) {
    if (argument.name === output) return at + index;
    at += countTensors(argument, node);
  }
  throw new ParityError("FORMAT_INVALID", `${node.name} (${node.op}) has no output ${output}, which is read of it.`, {
    where: { file, key: node.name },
    hint: "The file is damaged, or its ops are defined otherwise than in the TensorFlow that wrote it; export it again.",
  });
}
