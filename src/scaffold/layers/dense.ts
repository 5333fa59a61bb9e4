import type { Pattern } from "../../tensorflow/evidence/types.js";
import type { Stored } from "../find-layers.js";
import { commonScope } from "../names.js";
import type { Layer } from "../types.js";
import { fieldAsIs, keywords, reshaped, torchType } from "./fields.js";

/** A product with a kernel `[…1, in, out]` (or `[out, in]` where it is turned), with the bias behind it: nn.Linear. */
export function linearLayer(
  pattern: Pattern & { readonly kind: "matmul" },
  biasKey: string | null,
  stored: ReadonlyMap<string, Stored>,
): Layer | null {
  const kernel = pattern.kernel === null ? undefined : stored.get(pattern.kernel);
  if (kernel === undefined) return null;
  const leading = kernel.shape.slice(0, -2);
  const [rows, columns] = kernel.shape.slice(-2);
  if (rows === undefined || columns === undefined || leading.some((size) => size !== 1)) return null;
  const [inputs, outputs] = pattern.transposed ? [columns, rows] : [rows, columns];
  const bias = biasOf(biasKey, outputs, kernel, stored);
  const turn = pattern.transposed ? "" : ".T";
  const how = pattern.transposed ? "[out, in], as nn.Linear stores it" : "[in, out]; nn.Linear stores [out, in]";
  return {
    path: commonScope([kernel.key, ...(bias === null ? [] : [bias.key])]),
    construct: `nn.Linear(${inputs}, ${outputs}${bias === null ? ", bias=False" : ""}${keywords(kernel.dtype)})`,
    dtype: torchType(kernel.dtype),
    fields: [
      {
        name: "weight",
        key: kernel.key,
        stored: kernel.shape,
        shape: [outputs, inputs],
        change: `${leading.length > 0 ? reshaped([rows, columns]) : ""}${turn}`,
        why:
          leading.length > 0 || turn !== ""
            ? `stored [${kernel.shape.join(", ")}] = ${leading.length > 0 ? "[1, in, out]; nn.Linear stores [out, in]" : how}`
            : null,
      },
      ...(bias === null ? [] : [fieldAsIs("bias", bias)]),
    ],
    notes: [],
  };
}

/** A variable that is added along the last axis is the bias of what gives it where its size and its scope are the kernel's. */
export function biasOf(
  key: string | null,
  outputs: number,
  kernel: Stored,
  stored: ReadonlyMap<string, Stored>,
): Stored | null {
  const bias = key === null ? undefined : stored.get(key);
  if (bias === undefined || bias.shape.length !== 1 || bias.shape[0] !== outputs || bias.dtype !== kernel.dtype)
    return null;
  return bias;
}

/** A table of which rows are looked up: nn.Embedding. */
export function embeddingLayer(
  pattern: Pattern & { readonly kind: "lookup" },
  stored: ReadonlyMap<string, Stored>,
): Layer | null {
  const table = pattern.table === null ? undefined : stored.get(pattern.table);
  const [rows, width, ...others] = table?.shape ?? [];
  if (table === undefined || rows === undefined || width === undefined || others.length > 0) return null;
  return {
    path: commonScope([table.key]),
    construct: `nn.Embedding(${rows}, ${width}${keywords(table.dtype)})`,
    dtype: torchType(table.dtype),
    fields: [fieldAsIs("weight", table)],
    notes: [],
  };
}

/** A variable on its own, in the original's order of axes. */
export function looseLayer(variable: Stored): Layer {
  return {
    path: variable.key,
    construct: null,
    dtype: torchType(variable.dtype),
    fields: [fieldAsIs("", variable)],
    notes: variable.shape.length > 1 ? ["in the original's order of axes"] : [],
  };
}
