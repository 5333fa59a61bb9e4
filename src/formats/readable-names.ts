import { listObjectVariables, readObjectGraph } from "./tf-object-graph.js";
import type { TensorFile } from "./types.js";

const SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE";

/**
 * Names by which a reader knows a file's tensors, by the file's own names; only where the two differ. Keras' numbered variables
 * have those of their layers; the keys of an object-based TensorFlow checkpoint have the variables' own names where these tell
 * all of them apart, else their path through the objects.
 */
export function readableNames(file: TensorFile): ReadonlyMap<string, string> {
  if (file.labels !== undefined) return file.labels;
  const graph = readObjectGraph(file);
  if (graph === null) return new Map();
  const variables = listObjectVariables(graph).filter((one) => file.tensors.has(one.key));
  const own = variables.filter((one) => one.slotOf === null);
  const names = new Set(own.map((one) => one.fullName));
  const areNamed = names.size === own.length && !names.has("");
  return new Map(
    variables.map(({ key, fullName, path }) => {
      const label = areNamed && fullName !== "" ? fullName : path;
      return [key, label === "" ? key.replace(SUFFIX, "") : label];
    }),
  );
}
