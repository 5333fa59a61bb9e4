import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of parity's own package.json, with a trailing slash: this file runs from src/ or from dist/, both one below it. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The version of this parity, as its package.json has it. */
export function parityVersion(): string {
  const { version } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, "utf8")) as { version: string };
  return version;
}
