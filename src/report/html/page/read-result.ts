import type { CheckResult } from "../../types.js";
import { decodePageData } from "../page-data.js";

/** The result that is embedded in this file, unpacked by the browser itself. */
export async function readResult(): Promise<CheckResult> {
  const template = document.getElementById("result");
  if (!(template instanceof HTMLTemplateElement)) throw new Error("the file holds no result");
  const packed = atob(template.content.textContent ?? "");
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return decodePageData(await new Response(stream).text());
}
