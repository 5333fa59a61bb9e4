import { type Token, tokenize, withoutWrappers } from "./tokens.js";

/** What the last word of a parameter's name says it is. */
const ROLES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    weight: "weight",
    w: "weight",
    kernel: "weight",
    g: "weight",
    gamma: "weight",
    scale: "weight",
    embed: "weight",
    embeddings: "weight",
    table: "weight",
    weights: "weight",
    bias: "bias",
    b: "bias",
    beta: "bias",
    offset: "bias",
    biases: "bias",
    running_mean: "mean",
    moving_mean: "mean",
    running_var: "variance",
    moving_variance: "variance",
  }),
);

/** A parameter's or variable's name: the layer that it belongs to and what it is there. */
export interface Named {
  /** The layer's name as it stands. */
  readonly owner: string;
  readonly layer: readonly Token[];
  readonly role: string;
}

/** `h.0.ln_1.weight` → layer `h.0.ln_1`, weight. */
export function splitParameter(name: string): Named {
  return splitAtLast(name, ".");
}

/** `model/h0/ln_1/g` → layer `model/h0/ln_1`, weight. */
export function splitVariable(key: string): Named {
  return splitAtLast(key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, ""), "/");
}

/** Equal for names that mean the same layer and the same role in it. */
export function canonicalVariable(named: Named): string {
  return `${withoutWrappers(named.layer).join(" ")} #${named.role}`;
}

/** A name whose last word is no known role is the layer itself and its weight, such as GPT-2's `model/wte`. */
function splitAtLast(name: string, separator: string): Named {
  const at = name.lastIndexOf(separator);
  const role = ROLES.get(name.slice(at + 1).toLowerCase());
  if (role === undefined) return { owner: name, layer: tokenize(name), role: "weight" };
  const owner = name.slice(0, Math.max(0, at));
  return { owner, layer: tokenize(owner), role };
}
