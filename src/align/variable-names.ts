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
    running_variance: "variance",
    moving_var: "variance",
    variance: "variance",
    var: "variance",
    mean: "mean",
    filter: "weight",
    filters: "weight",
  }),
);

/** A parameter's or variable's name: the layer that it belongs to and what it is there. */
export interface Named {
  /** The layer's name as it stands. */
  readonly owner: string;
  readonly layer: readonly Token[];
  readonly role: string;
}

/** `c_fc_w`, `conv1_bias`: raw parameters of a module with several layers in it. */
const SUFFIXED = /^(.*[^_])_(weight|w|kernel|g|gamma|bias|b|beta)$/;

/** `h.0.ln_1.weight` → layer `h.0.ln_1`, weight; `h.0.mlp.c_fc_w` → layer `h.0.mlp.c_fc`, weight. */
export function splitParameter(name: string): Named {
  const at = name.lastIndexOf(".");
  const [, stem, suffix] = SUFFIXED.exec(name.slice(at + 1).toLowerCase()) ?? [];
  const role = suffix === undefined ? undefined : ROLES.get(suffix);
  // weight_g and weight_v are the two halves of a weight norm.
  if (stem === undefined || role === undefined || ROLES.has(stem)) return splitAtLast(name, ".");
  const owner = name.slice(0, at + 1 + stem.length);
  return { owner, layer: tokenize(owner), role };
}

/** `model/h0/ln_1/g` → layer `model/h0/ln_1`, weight. Where two sets of PyTorch's weights are compared both have dots. */
export function splitVariable(key: string): Named {
  const name = key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, "");
  return splitAtLast(name, name.includes("/") ? "/" : ".");
}

/** `depthwise_kernel`: which of a separable convolution's two kernels it is belongs to the layer's name. */
const PART_KERNEL = /^(depthwise|pointwise)_(kernel|weights?|filters?)$/;

/** Equal for names that mean the same layer and the same role in it. */
export function canonicalVariable(named: Named): string {
  return `${withoutWrappers(named.layer).join(" ")} #${named.role}`;
}

/** What a parameter's or variable's name says that it is; null where its last word says nothing. */
export function statedRole(name: string): string | null {
  const leaf = (name.split(/[./]/).at(-1) ?? "").toLowerCase();
  return ROLES.get(leaf) ?? ROLES.get(SUFFIXED.exec(leaf)?.[2] ?? "") ?? null;
}

/** A name whose last word is no known role is the layer itself and its weight, such as GPT-2's `model/wte`. */
function splitAtLast(name: string, separator: string): Named {
  const at = name.lastIndexOf(separator);
  const part = PART_KERNEL.exec(name.slice(at + 1).toLowerCase())?.[1];
  if (part !== undefined) {
    const owner = `${name.slice(0, at + 1)}${part}`;
    return { owner, layer: tokenize(owner), role: "weight" };
  }
  const role = ROLES.get(name.slice(at + 1).toLowerCase());
  if (role === undefined) return { owner: name, layer: tokenize(name), role: "weight" };
  const owner = name.slice(0, Math.max(0, at));
  return { owner, layer: tokenize(owner), role };
}
