import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GOLDEN_MANIFEST, isGolden } from "../config/golden-folder.js";
import { ParityError } from "../errors.js";
import { GOLDEN_FILES } from "../runners/golden/manifest.js";
import { shortPath } from "../runners/golden/record-command.js";

/** Names that recording writes; everything else in a golden's folder is somebody else's and stays. */
const OWN = new Set<string>([
  GOLDEN_MANIFEST,
  GOLDEN_FILES.inputs,
  GOLDEN_FILES.graph,
  GOLDEN_FILES.variables,
  "inner",
  "float64",
]);

function isOwn(name: string): boolean {
  return OWN.has(name) || /^c\d+\.safetensors$/.test(name);
}

/** Throws USAGE when `out` is neither a golden, nor an empty folder (or one with files beside a golden only), nor free. */
export function checkTarget(out: string): void {
  const there = statSync(out, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory()) {
    throw new ParityError("USAGE", `${shortPath(out)} is a file; a golden is a folder.`, {
      where: { file: out },
      hint: "Name another folder: --out golden/NAME",
    });
  }
  const names = readdirSync(out);
  if (isGolden(out) || names.every((name) => name === "baseline.json" || name === "README.md")) return;
  throw new ParityError("USAGE", `${shortPath(out)} is no golden and not empty: nothing is written over it.`, {
    where: { file: out },
    hint: "Name another folder: --out golden/NAME",
  });
}

/**
 * Gives the finished `draft` the name `out`. What lies in the old folder and is not of the golden comes along. Either the old
 * golden or the new one has the name at the end, never a mixture.
 */
export function replaceGolden(draft: string, out: string): void {
  try {
    mkdirSync(dirname(out), { recursive: true });
    if (!existsSync(out)) {
      renameSync(draft, out);
      return;
    }
    for (const name of readdirSync(out)) {
      if (!isOwn(name)) cpSync(join(out, name), join(draft, name), { recursive: true, preserveTimestamps: true });
    }
    const old = join(dirname(out), `.${basename(out)}.${randomUUID()}.old`);
    renameSync(out, old);
    try {
      renameSync(draft, out);
    } catch (error) {
      renameSync(old, out);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
  } catch (cause) {
    throw new ParityError(
      "USAGE",
      `cannot write ${shortPath(out)}: ${cause instanceof Error ? cause.message : cause}`,
      {
        where: { file: out },
        hint: "Choose another place for it, or make room.",
        cause,
      },
    );
  }
}
