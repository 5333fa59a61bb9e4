import { ParityError } from "../errors.js";
import { toDType } from "../formats/tf-proto/data-type.js";
import type { TensorFile } from "../formats/types.js";
import { shapeAttr } from "./attr.js";
import type { Graph } from "./graph.js";
import { readSliceSpec } from "./slice-spec.js";
import type { GraphVariable } from "./variables.js";

/**
 * Holds the graph's variables against the checkpoint before anything runs: a `.meta` of another model would restore
 * nothing, or fail deep inside the runtime. Throws FORMAT_INVALID that counts what does not fit and names examples.
 */
export function checkVariables(
  graph: Graph,
  variables: readonly GraphVariable[],
  checkpoint: TensorFile,
  metaPath: string,
): void {
  // The parts of one variable share its key, and what is wrong with it.
  const found = new Set<string>();
  const wrong = new Set<string>();
  const add = (key: string, what: string): void => {
    found.add(`${key} ${what}`);
    wrong.add(key);
  };
  for (const variable of variables) {
    const stored = checkpoint.tensors.get(variable.key);
    if (stored === undefined) {
      add(variable.key, "is not in the checkpoint");
      continue;
    }
    const dtype = toDType(variable.dataType);
    if (stored.dtype !== dtype)
      add(variable.key, `is ${dtype ?? "of an unknown type"} in the graph, ${stored.dtype} in the checkpoint`);
    const node = graph.nodes.get(variable.node);
    const part = readSliceSpec(variable.slice);
    const shape = part === null ? (node === undefined ? null : shapeAttr(node)) : part.fullShape;
    const fits =
      shape === null ||
      (shape.length === stored.shape.length && shape.every((size, i) => size === null || size === stored.shape[i]));
    if (!fits)
      add(variable.key, `is [${shape?.join(", ")}] in the graph, [${stored.shape.join(", ")}] in the checkpoint`);
  }
  if (found.size === 0) return;
  const problems = [...found];
  const keys = new Set(variables.map((variable) => variable.key));
  const shown = problems.slice(0, 5).map((problem) => `  ${problem}`);
  if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
  throw new ParityError(
    "FORMAT_INVALID",
    `The graph ${metaPath} does not belong to the checkpoint ${checkpoint.path}: ${wrong.size} of its ${keys.size} variables do not fit.`,
    {
      where: { file: metaPath },
      detail: shown.join("\n"),
      hint: "Take the .meta, .index and .data files from one save of one model.",
    },
  );
}
