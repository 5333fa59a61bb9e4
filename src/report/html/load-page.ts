import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ParityError } from "../../errors.js";

/** The bundled page: one script, one style sheet. */
export interface Page {
  readonly script: string;
  readonly style: string;
}

// The first is right when this file runs from dist/report/html, the second when it runs from src/report/html.
const PLACES = ["./page.js", "../../../dist/report/html/page.js"];

/** Reads the page that `npm run build` bundles. Throws RUNTIME_MISSING when it was not built. */
export function loadPage(): Page {
  const found = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  if (found === undefined) {
    throw new ParityError("RUNTIME_MISSING", "the page of the HTML report is not built", {
      where: { file: fileURLToPath(new URL(PLACES[0] ?? "", import.meta.url)) },
      hint: "run `npm run build`",
    });
  }
  return { script: readFileSync(found, "utf8"), style: readFileSync(new URL("./page.css", found), "utf8") };
}
