import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { PACKAGE_ROOT } from "../package-root.js";

/** A checkout has parity's sources and tests; the published package has not. */
export const IS_CHECKOUT = existsSync(join(PACKAGE_ROOT, "package-lock.json"));

/** The command that runs parity's set-up, as it can be typed in the working directory. */
export function writeSetupCommand(...flags: string[]): string {
  const script = join(PACKAGE_ROOT, "scripts", "setup.mjs");
  const near = relative(process.cwd(), script);
  return ["node", near.startsWith("..") ? script : near, ...flags].join(" ");
}
