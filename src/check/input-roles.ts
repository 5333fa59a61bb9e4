/** What the inputs of language models are called in TensorFlow's world and in PyTorch's. */
const ROLES: readonly (readonly [role: string, names: RegExp])[] = [
  ["types", /^(?:(?:input_)?(?:segment|token_type|type)_?ids?|segments?|token_types?|input_type_ids)$/],
  ["mask", /^(?:(?:input|attention|attn|padding)_)?mask$/],
  ["positions", /^position_?ids?|positions$/],
  ["ids", /^(?:(?:input|token|word|input_word)_?ids?|ids|tokens|input_tokens)$/],
];

/** What an input stands for by its name (`ids`, `mask`, `types`, `positions`); null where the name does not tell. */
export function inputRole(name: string): string | null {
  const last = (name.split("/").at(-1) ?? name).replace(/:\d+$/, "").toLowerCase();
  return ROLES.find(([, names]) => names.test(last))?.[0] ?? null;
}
