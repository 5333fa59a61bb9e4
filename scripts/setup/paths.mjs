import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's root: a checkout, or the installed package. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Lock, logs of long steps; ignored by git. */
export const STATE = join(ROOT, ".parity");

/** A checkout carries its sources and lock file; the published package carries `dist` ready-made and neither of them. */
export const IS_CHECKOUT = existsSync(join(ROOT, "package-lock.json")) && existsSync(join(ROOT, "src"));
