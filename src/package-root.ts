import { fileURLToPath } from "node:url";

/** The folder of parity's own package.json, with a trailing slash: this file runs from src/ or from dist/, both one below it. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../", import.meta.url));
