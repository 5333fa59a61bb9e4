import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ParityError } from "../errors.js";
import { nearestWord } from "./nearest.js";

const SHOWN_FILES = 12;

/** The error for a path at which there is no model: what was looked for, and what is there instead. */
export function noSuchModel(path: string): ParityError {
  const folder = folderOf(path);
  if (!existsSync(folder)) {
    return new ParityError("FILE_NOT_FOUND", `There is no model ${path}: the folder ${folder} does not exist.`, {
      where: { file: path },
    });
  }
  if (existsSync(path)) {
    const there = statSync(path).isDirectory() ? "a folder" : "a file";
    return new ParityError("FORMAT_UNSUPPORTED", `${path} is ${there} in which no model was recognised.`, {
      where: { file: path },
      hint: statSync(path).isDirectory()
        ? `Looked for: a file named checkpoint, exactly one *.meta, saved_model.pb. ${neighbours(path, "")}`
        : "Readable today: a TensorFlow 1 checkpoint with its .meta, a Keras model, and file.py:callable.",
    });
  }
  return new ParityError(
    "FILE_NOT_FOUND",
    `There is no model ${path}. Looked for: ${[path, `${path}.index`, `${path}.meta`].join(", ")}.`,
    { where: { file: path }, hint: neighbours(folder, basename(path)) },
  );
}

/** The folder that a path lies in. */
export function folderOf(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? path : dirname(path);
}

/** The names in a folder, sorted; none when it does not exist. */
export function filesIn(directory: string): string[] {
  return existsSync(directory) && statSync(directory).isDirectory() ? readdirSync(directory).sort() : [];
}

function neighbours(folder: string, wanted: string): string {
  const names = filesIn(folder);
  if (names.length === 0) return `${folder} is empty.`;
  const prefixes = names.filter((name) => name.endsWith(".meta")).map((name) => name.slice(0, -".meta".length));
  const nearest = nearestWord(wanted, [...prefixes, ...names]);
  const shown =
    names.slice(0, SHOWN_FILES).join(", ") +
    (names.length > SHOWN_FILES ? `, and ${names.length - SHOWN_FILES} more` : "");
  return `${nearest === null ? "" : `Did you mean ${nearest}? `}In ${folder}: ${shown}.`;
}
