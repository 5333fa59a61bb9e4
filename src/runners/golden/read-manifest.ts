import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GOLDEN_MANIFEST } from "../../config/golden-folder.js";
import { ParityError } from "../../errors.js";
import { GOLDEN_SCHEMA_VERSION, type GoldenManifest, manifestSchema } from "./manifest.js";
import { shortPath } from "./record-command.js";
import { StaleGolden } from "./stale.js";

/** A manifest names every tensor that was kept: 100,000 of them at 300 bytes stay below this. */
const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

/**
 * Reads `golden.json`. Throws FILE_NOT_FOUND and FORMAT_INVALID (no JSON, or not what it should hold: file, key, what was
 * expected), and StaleGolden for another schema version.
 */
export function readManifest(directory: string): GoldenManifest {
  const path = join(directory, GOLDEN_MANIFEST);
  const shown = shortPath(path);
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  if (size === undefined) {
    throw new ParityError("FILE_NOT_FOUND", `${shortPath(directory)} holds no golden: there is no ${shown}.`, {
      where: { file: path },
      hint: "A golden is written by parity record.",
    });
  }
  const invalid = (problem: string, key?: string): ParityError =>
    new ParityError("FORMAT_INVALID", `${shown} is not the manifest of a golden: ${problem}.`, {
      where: { file: path, ...(key === undefined ? {} : { key }) },
      hint: `Record it anew: parity record --out ${shortPath(directory)}`,
    });
  if (size > MAX_MANIFEST_BYTES) throw invalid(`it has ${size} bytes; at most ${MAX_MANIFEST_BYTES} were expected`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw invalid(`it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const version = typeof value === "object" && value !== null ? Reflect.get(value, "schemaVersion") : undefined;
  if (typeof version === "number" && version !== GOLDEN_SCHEMA_VERSION) {
    throw new StaleGolden(directory, [
      `it has schema version ${version}, and this version of parity reads ${GOLDEN_SCHEMA_VERSION}`,
    ]);
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.map(String).join(".") ?? "";
  throw invalid(`${key === "" ? "the whole" : key}: ${issue?.message ?? "unknown problem"}`, key);
}
