import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { ParityError } from "../errors.js";
import type { Baseline } from "../judge/gate/types.js";

const SCHEMA = z.strictObject({
  schemaVersion: z.literal(1),
  name: z.string(),
  provenance: z.strictObject({
    written: z.string(),
    reference: z.string(),
    candidate: z.string(),
    runtimes: z.record(z.string(), z.string()),
  }),
  inputs: z.record(z.string(), z.record(z.string(), z.string())),
  taps: z.record(
    z.string(),
    z.strictObject({ error: z.number().nonnegative(), run: z.enum(["local", "accumulated"]) }),
  ),
});

/** Reads a baseline; null when there is no such file. Throws FORMAT_INVALID with the key that is wrong. */
export async function readBaseline(file: string, shown: string): Promise<Baseline | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FILE_NOT_FOUND", `The baseline cannot be read: ${why}`, { where: { file: shown }, cause });
  }
  const parsed = SCHEMA.safeParse(parseJson(text, shown));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw invalid(shown, first?.message ?? "unknown fault", first?.path.map(String).join("."));
}

/** Writes it under a temporary name and renames it into place; its folder is made. */
export async function writeBaseline(file: string, shown: string, baseline: Baseline): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(baseline, null, 2)}\n`, { flag: "wx" });
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParityError("FILE_NOT_FOUND", `The baseline cannot be written: ${why}`, {
      where: { file: shown, key: "baseline.file" },
      hint: "Name a file that can be written in baseline.file.",
      cause,
    });
  }
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(shown, `not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, undefined);
  }
}

function invalid(shown: string, what: string, key: string | undefined): ParityError {
  return new ParityError("FORMAT_INVALID", `${shown} is no baseline of parity: ${what}`, {
    where: key === undefined || key === "" ? { file: shown } : { file: shown, key },
    hint: "Take it from version control again, or make it anew with --update-baseline after removing it.",
  });
}
