import { DataType } from "../formats/tf-proto/data-type.js";
import type { AttrValue, ListValue, NodeDef } from "../formats/tf-proto/types.js";
import { makeNode, makeStringConstant } from "./constant.js";
import type { Restore } from "./graph-model.js";
import type { GraphVariable } from "./variables.js";

export const RESTORE_PATH = "parity_restore/path";
export const RESTORE_ALL = "parity_restore/all";

/** An attribute that holds a list of DataTypes. */
function typeList(types: readonly number[]): AttrValue {
  const list: ListValue = { s: [], i: [], f: [], b: [], type: types, shape: [], tensor: [], func: [], unknown: [] };
  return { list };
}

/**
 * Ops that restore exactly the given variables: our own instead of the graph's Saver, which would also read optimizer
 * slots and may be missing. What is a constant in the graph is not restored. `DT_STRING` path in, one RestoreV2 (tensorflow/core/ops/io_ops.cc), one assignment each.
 */
export function makeRestoreOps(all: readonly GraphVariable[], { keys, constants }: Restore): NodeDef[] {
  const variables = all.filter((variable) => !constants.has(variable.node));
  const restore = "parity_restore/values";
  const path = makeNode(RESTORE_PATH, "Placeholder", [], {
    dtype: { type: DataType.STRING },
    shape: { shape: { dims: [] } },
  });
  // RestoreV2 cannot restore nothing.
  if (variables.length === 0) return [path, makeNode(RESTORE_ALL, "NoOp", [])];
  const nodes = [
    path,
    makeStringConstant(
      "parity_restore/names",
      variables.map((variable) => keys.get(variable.key) ?? variable.key),
    ),
    makeStringConstant(
      "parity_restore/slices",
      variables.map((variable) => variable.slice),
    ),
    makeNode(restore, "RestoreV2", [RESTORE_PATH, "parity_restore/names", "parity_restore/slices"], {
      dtypes: typeList(variables.map((variable) => variable.dataType)),
    }),
  ];
  const assignments = variables.map((variable, i) => {
    const inputs = [variable.node, `${restore}:${i}`];
    const type = { type: variable.dataType };
    return variable.isResource
      ? makeNode(`parity_restore/assign_${i}`, "AssignVariableOp", inputs, {
          dtype: type,
          validate_shape: { b: false },
        })
      : makeNode(`parity_restore/assign_${i}`, "Assign", inputs, {
          T: type,
          // Held against the checkpoint already; a variable that was declared without a shape takes any.
          validate_shape: { b: false },
          use_locking: { b: true },
        });
  });
  nodes.push(
    ...assignments,
    makeNode(
      RESTORE_ALL,
      "NoOp",
      assignments.map((node) => `^${node.name}`),
    ),
  );
  return nodes;
}
