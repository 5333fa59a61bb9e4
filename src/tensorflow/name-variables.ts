import type { NodeDef } from "../formats/tf-proto/types.js";
import { textAttr } from "./attr.js";

/** What TensorFlow puts behind the path of an object to say which of its values is meant. */
const ATTRIBUTE = /\/\.ATTRIBUTES\/VARIABLE_VALUE$/;

/** Parts of an object's path that say how a library keeps its variables, not what they are. */
const KEEPING = /^(_.*|variables|layer_with_weights-\d+|layer-\d+|keras_api|.*_variables|\d+)$/;

/**
 * A name of its own for each variable of a SavedModel, by op: that of the TensorFlow variable (`dense/kernel`). Where
 * variables have bare names (`w`, `w_1`), which the model's own objects tell apart better, the path of the object
 * (`encoder/w`). A number that saving put behind every name is left out.
 */
export function nameVariables(
  variables: readonly NodeDef[],
  stored: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const names = variables.map((node) => {
    const own = textAttr(node, "shared_name") || node.name;
    const path = (stored.get(node.name) ?? "").replace(ATTRIBUTE, "");
    const tells = path.includes("/") && !path.split("/").some((part) => KEEPING.test(part));
    return !own.includes("/") && tells ? path : own;
  });
  const stripped = names.map((name) => name.replace(/_\d+$/, ""));
  const suffixes = new Set(names.map((name, i) => name.slice(stripped[i]?.length ?? 0)));
  const isNumbered = suffixes.size === 1 && !suffixes.has("") && new Set(stripped).size === names.length;
  const wanted = isNumbered ? stripped : names;
  const isTaken = (name: string): boolean => wanted.filter((other) => other === name).length > 1;
  return new Map(
    variables.map((node, i) => {
      const name = wanted[i] ?? node.name;
      return [node.name, isTaken(name) ? node.name : name];
    }),
  );
}
