import { hashFile, sizeOf } from "./hash-file.js";
import type { GoldenManifest } from "./manifest.js";
import type { OpenGolden } from "./open-golden.js";

/**
 * What is wrong with the golden's own files: missing, of another size, of other content. Nothing is wrong when the list is
 * empty. Every byte that a verdict will stand on is hashed, whatever its time stamp says: a file that was edited or cut in
 * transport looks as new as any other. That costs about a second for 500 MB and is done while Python starts, which takes
 * longer. Sizes come first, so that a truncated file is told at once.
 */
export async function findDamage(golden: OpenGolden, signal?: AbortSignal): Promise<string[]> {
  const sizes = await findWrongSizes(golden);
  if (sizes.length > 0) return sizes;
  const damage: string[] = [];
  for (const [file, expected] of Object.entries(golden.manifest.files)) {
    const found = await hashFile(golden.pathOf(file), signal);
    if (found.sha256 !== expected.sha256) damage.push(`${file} was altered: its sha256 is not that of golden.json`);
  }
  return damage;
}

async function findWrongSizes(golden: OpenGolden): Promise<string[]> {
  const damage: string[] = [];
  for (const [file, { bytes }] of Object.entries(golden.manifest.files)) {
    const size = await sizeOf(golden.pathOf(file));
    if (size === null) damage.push(`${file} is missing`);
    else if (size !== bytes) damage.push(`${file} has ${size} bytes, and ${bytes} were written`);
  }
  return damage;
}

/** Bytes of all files of a golden, without the manifest. */
export function totalBytes(manifest: Pick<GoldenManifest, "files">): number {
  return Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
}
