import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";

/** The base of all relative URIs: the root of the repository. */
export const SOURCE_ROOT = "%SRCROOT%";

/** A path as SARIF's artifactLocation: relative ones with each part percent-encoded, absolute ones as a file URI. */
export function artifactLocation(path: string): { readonly uri: string; readonly uriBaseId?: string } {
  const whole = path.replace(/\p{Surrogate}/gu, "\ufffd");
  if (isAbsolute(whole)) return { uri: pathToFileURL(whole).href };
  return { uri: whole.split("/").map(encodeURIComponent).join("/"), uriBaseId: SOURCE_ROOT };
}
