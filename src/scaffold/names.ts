/** Last words of a variable's name that say what it is in its layer, not which layer. */
const ROLE =
  /^(w|b|g|kernel|bias|biases|weight|weights|gamma|beta|scale|offset|embeddings?|table|depthwise_kernel|pointwise_kernel|moving_mean|moving_variance|filter|filters)$/i;

/** The scope of a layer: what its variables' names begin with; for one variable its scope, or itself where its last word names it. */
export function commonScope(keys: readonly string[]): string {
  const [first = "", ...others] = keys;
  const parts = first.split("/");
  if (others.length === 0)
    return ROLE.test(parts.at(-1) ?? "") && parts.length > 1 ? parts.slice(0, -1).join("/") : first;
  const shared = parts.findIndex((part, i) => others.some((other) => other.split("/")[i] !== part));
  return parts.slice(0, shared === -1 ? parts.length - 1 : shared).join("/");
}

/** Python's keywords and soft keywords, and the names of builtins that generated code uses. */
const RESERVED = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield match case type self super range len print str int float bool"
  ).split(" "),
);

/** What nn.Module already means by these names; assigning to them would break it. */
const MODULE_ATTRIBUTES = new Set(
  (
    "forward training train eval type half float double bfloat16 cuda cpu to apply parameters buffers modules children named_parameters " +
    "named_buffers named_modules named_children state_dict load_state_dict add_module register_module register_buffer register_parameter " +
    "register_forward_hook get_submodule get_parameter get_buffer set_submodule requires_grad_ zero_grad share_memory compile extra_repr " +
    "dump_patches call_super_init T_destination to_empty ipu xpu mtia get_extra_state set_extra_state load config"
  ).split(" "),
);

/** A scope's name as a Python attribute. `taken` is extended by it. */
export function attributeName(name: string, taken: Set<string>): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_").replace(/^_+(?=[A-Za-z])/, "");
  const valid = /^[A-Za-z_]/.test(plain) ? plain : `n${plain}`;
  const free = RESERVED.has(valid) || MODULE_ATTRIBUTES.has(valid) || valid === "_" ? `${valid}_` : valid;
  return unique(free, taken);
}

/** Names that the module itself defines or imports. */
const MODULE_NAMES = new Set(["Config", "Path", "Tensor", "Weights", "Any", "Self"]);

/** A scope's name as a class: `c_attn` → `CAttn`, `h` → `H`. `taken` is extended by it. */
export function className(name: string, taken: Set<string>): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const valid = joined === "" ? "Model" : /^\d/.test(joined) ? `Module${joined}` : joined;
  return unique(MODULE_NAMES.has(valid) || RESERVED.has(valid) ? `${valid}Module` : valid, taken);
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i += 1) free = `${name}_${i}`;
  taken.add(free);
  return free;
}
