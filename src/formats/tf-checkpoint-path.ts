import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { formatError, ParityError } from "../errors.js";

const KNOWN_ENDINGS = /\.(?:index|meta|data-\d{5}-of-\d{5})$/;
/** The file names a handful of checkpoints, one a line. */
const MAX_STATE_BYTES = 2 ** 20;

/**
 * The prefix of a checkpoint (the path without `.index`) for what a user may name: the prefix, one of its files, a
 * directory with TensorFlow's `checkpoint` text file, a SavedModel directory, or a directory with one checkpoint.
 * Throws FILE_NOT_FOUND or FORMAT_UNSUPPORTED (the single-file format of TensorFlow 0.x) with what to give instead.
 */
export function resolveCheckpointPrefix(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  // A prefix may be the name of a directory as well: then the checkpoint's files decide.
  if (stat?.isDirectory() === true && !isFile(`${path}.index`)) return findInDirectory(path);
  const prefix = isFile(`${path}.index`) ? path : path.replace(KNOWN_ENDINGS, "");
  if (isFile(`${prefix}.index`)) return prefix;
  if (stat?.isFile() === true && prefix === path) {
    throw new ParityError("FORMAT_UNSUPPORTED", `${path} has no ${basename(path)}.index beside it`, {
      where: { file: path },
      hint: "A checkpoint is NAME.index with NAME.data-*. A single file is the format of TensorFlow 0.x: load and save it again with tf.compat.v1.train.Saver.",
    });
  }
  throw new ParityError("FILE_NOT_FOUND", `There is no checkpoint index ${prefix}.index`, {
    where: { file: `${prefix}.index` },
    hint: "Give the checkpoint's prefix: the path of its .index file without .index.",
  });
}

function findInDirectory(directory: string): string {
  const state = join(directory, "checkpoint");
  if (isFile(state)) return followState(directory, state);
  const savedModel = join(directory, "variables", "variables");
  if (isFile(`${savedModel}.index`)) return savedModel;
  const indexes = readdirSync(directory).filter((name) => name.endsWith(".index"));
  const [only] = indexes;
  if (only !== undefined && indexes.length === 1) return join(directory, only.slice(0, -".index".length));
  const found =
    indexes.length === 0 ? "no .index file" : `${indexes.length} of them: ${indexes.slice(0, 5).join(", ")}`;
  throw new ParityError("FILE_NOT_FOUND", `${directory} does not say which checkpoint is meant: ${found}`, {
    where: { file: directory },
    hint: "Give the checkpoint's prefix: the path of its .index file without .index.",
  });
}

function followState(directory: string, state: string): string {
  const where = { file: state };
  if (statSync(state).size > MAX_STATE_BYTES) {
    throw formatError(`${state} has more than ${MAX_STATE_BYTES} bytes; a few lines of text were expected`, where);
  }
  const text = readFileSync(state, "utf8");
  const match = /^\s*model_checkpoint_path\s*:\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')/m.exec(text);
  const named = match === null ? "" : unescapeText(match[1] ?? match[2] ?? "");
  if (named === "" || named.includes("\0")) {
    throw formatError(
      `${state} does not say model_checkpoint_path: "…"`,
      where,
      "Give the checkpoint's prefix instead of its directory.",
    );
  }
  const target = resolve(directory, named);
  const inside = relative(resolve(directory), target);
  const escapes = inside === ".." || inside.startsWith(`..${sep}`) || resolve(inside) === inside;
  // A directory that was moved still names its old absolute path; the file itself came along.
  const prefix = escapes || !isFile(`${target}.index`) ? join(directory, basename(named)) : target;
  if (isFile(`${prefix}.index`)) return prefix;
  throw new ParityError("FILE_NOT_FOUND", `${state} names ${named}, but there is no ${prefix}.index`, {
    where,
    hint: `Copy the checkpoint's .index and .data files into ${dirname(state)}, or give another prefix.`,
  });
}

/** Escapes of protobuf's text format: \n, \t, \", … , three octal digits, or \x and two hexadecimal ones (bytes of UTF-8). */
function unescapeText(text: string): string {
  const simple: Record<string, string> = { n: "\n", r: "\r", t: "\t" };
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  const plain = bytes.replace(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))/g, (_, octal, hex, other) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return simple[other] ?? other;
  });
  return Buffer.from(plain, "latin1").toString("utf8");
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // a name that the system cannot hold, or a directory that may not be entered
  }
}
