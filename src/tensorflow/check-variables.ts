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
  const problems: string[] = [];
  for (const variable of variables) {
    const stored = checkpoint.tensors.get(variable.key);
    if (stored === undefined) {
      problems.push(`${variable.key} is not in the checkpoint`);
      continue;
    }
    const dtype = toDType(variable.dataType);
    if (stored.dtype !== dtype)
      problems.push(
        `${variable.key} is ${dtype ?? "of an unknown type"} in the graph, ${stored.dtype} in the checkpoint`,
      );
    const node = graph.nodes.get(variable.node);
    const part = readSliceSpec(variable.slice);
    const shape = part === null ? (node === undefined ? null : shapeAttr(node)) : part.fullShape;
    const fits =
      shape === null ||
      (shape.length === stored.shape.length && shape.every((size, i) => size === null || size === stored.shape[i]));
    if (!fits)
      problems.push(
        `${variable.key} is [${shape?.join(", ")}] in the graph, [${stored.shape.join(", ")}] in the checkpoint`,
      );
  }
  if (problems.length === 0) return;
  const shown = problems.slice(0, 5).map((problem) => `  ${problem}`);
  if (problems.length > shown.length) shown.push(`  … and ${problems.length - shown.length} more`);
  throw new ParityError(
    "FORMAT_INVALID",
    `The graph ${metaPath} does not belong to the checkpoint ${checkpoint.path}: ${problems.length} of its ${variables.length} variables do not fit.`,
    {
      where: { file: metaPath },
      detail: shown.join("\n"),
      hint: "Take the .meta, .index and .data files from one save of one model.",
    },
  );
}
