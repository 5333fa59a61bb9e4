import { readFileSync } from "node:fs";

/**
 * The parsed file, or null when it is not there or is not JSON: to set-up both mean "do it again".
 * @param {string} file
 * @returns {any}
 */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
