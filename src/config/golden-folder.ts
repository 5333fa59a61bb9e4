import { existsSync } from "node:fs";
import { join } from "node:path";

/** The file that makes a folder a golden. */
export const GOLDEN_MANIFEST = "golden.json";

/** Whether a path is a golden's folder. What is in it is checked when it is opened. */
export function isGolden(path: string): boolean {
  return existsSync(join(path, GOLDEN_MANIFEST));
}
