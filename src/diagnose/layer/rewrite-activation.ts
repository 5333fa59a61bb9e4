import type { SourcePlace } from "../../recording/types.js";
import type { Activation } from "../residual/activations.js";
import type { RewriteRule } from "../types.js";
import type { ActivationSite } from "./activation-sites.js";
import { ARGUMENTS, addKeyword, ONE_ARGUMENT, type Replacement, rule, setKeyword } from "./rewriting.js";

/** Names of a call in users' code, by the name that the trace has. */
const SPELLED: Readonly<Record<string, string>> = { silu: "silu|swish", gelu: "gelu" };

/** The user's line with another activation: the call, the module, or only its argument where that is what differs. */
export function rewriteActivation(
  source: SourcePlace | null,
  wrapper: string | null,
  site: ActivationSite,
  wanted: Activation,
): RewriteRule | null {
  if (!site.single) return null;
  const replacements: Replacement[] = [];
  if (wrapper !== null && wanted.module !== null)
    replacements.push({ find: `(?:nn\\.)?\\b${wrapper}\\(${ARGUMENTS}\\)`, replace: wanted.module });
  const name = SPELLED[site.op.key.name] ?? site.op.key.name;
  if (wanted.name === "gelu-tanh" && site.op.key.name === "gelu")
    replacements.push(setKeyword("approximate", '"tanh"'), ...addKeyword("gelu", "approximate", '"tanh"'));
  replacements.push({
    find: `(?:\\b(?:F|torch|nn|functional)\\.)*\\b(?:${name})\\((${ONE_ARGUMENT})${trailing()}\\)`,
    replace: wanted.code("$1"),
  });
  return rule(source, ...replacements);
}

/** Further arguments of the call that go with the old function. */
function trailing(): string {
  return `(?:\\s*,[^()]*)?`;
}
