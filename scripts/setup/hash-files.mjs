import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "./paths.mjs";

/**
 * A hash over the names and contents of files. Contents and not times: a checkout gives every file a new time.
 * @param {readonly string[]} places files and folders, relative to the root; what is not there counts as not there
 * @param {(file: string) => boolean} [keep] gets each file's path relative to the root
 * @returns {string}
 */
export function hashFiles(places, keep = () => true) {
  const hash = createHash("sha256");
  for (const file of places.flatMap((place) => listFiles(join(ROOT, place))).sort()) {
    const name = relative(ROOT, file);
    if (!keep(name)) continue;
    const content = readFileSync(file);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * @param {string} place
 * @returns {string[]}
 */
function listFiles(place) {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [place];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
