import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ParityError } from "../errors.js";
import { filesIn } from "./no-such-model.js";

/** A TensorFlow 1 checkpoint trio: `<prefix>.index`, `<prefix>.data-*`, `<prefix>.meta`. */
export interface Tf1Checkpoint {
  readonly kind: "tf1-checkpoint";
  readonly prefix: string;
  readonly metaPath: string;
}

/**
 * The checkpoint that a path means: a prefix, one of its three kinds of file, or a folder with a `checkpoint` file or exactly
 * one `*.meta`. Null when there is none. Throws when a part of it is missing or the folder has several.
 */
export function findCheckpoint(path: string): Tf1Checkpoint | null {
  if (existsSync(path) && statSync(path).isDirectory()) return findInFolder(path);
  const prefix = path.replace(/\.(index|meta|data-\d+-of-\d+)$/, "");
  if (!existsSync(`${prefix}.index`) && !existsSync(`${prefix}.meta`)) return null;
  return completeCheckpoint(prefix);
}

function findInFolder(folder: string): Tf1Checkpoint | null {
  const latest = join(folder, "checkpoint");
  if (existsSync(latest) && statSync(latest).isFile()) return completeCheckpoint(join(folder, latestName(latest)));
  const metas = filesIn(folder).filter((name) => name.endsWith(".meta"));
  const [only, second] = metas;
  if (only === undefined) return null;
  if (second === undefined) return completeCheckpoint(join(folder, only.slice(0, -".meta".length)));
  throw new ParityError(
    "USAGE",
    `${folder} holds ${metas.length} checkpoints and no file named checkpoint that says which is meant.`,
    {
      where: { file: folder },
      hint: `Name one: ${metas.map((name) => join(folder, name.slice(0, -".meta".length))).join(", ")}`,
    },
  );
}

/**
 * The name in TensorFlow's `checkpoint` file (`model_checkpoint_path: "model.ckpt"`). Only its last part counts: the path is
 * often that of the machine where it was saved, and a file of the model must not lead outside its folder.
 */
function latestName(file: string): string {
  const name = /^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"/m.exec(readFileSync(file, "utf8"))?.[1];
  const last = name === undefined ? "" : basename(name.replaceAll("\\\\", "/"));
  if (last !== "" && last !== "." && last !== "..") return last;
  throw new ParityError("FORMAT_INVALID", `${file} does not name a checkpoint: expected model_checkpoint_path: "…".`, {
    where: { file },
    hint: "Name the checkpoint's prefix itself, such as models/124M/model.ckpt.",
  });
}

function completeCheckpoint(prefix: string): Tf1Checkpoint {
  const metaPath = `${prefix}.meta`;
  const folder = dirname(prefix);
  const shards = filesIn(folder).filter((name) => name.startsWith(`${basename(prefix)}.data-`));
  const missing = [
    ...(existsSync(`${prefix}.index`) ? [] : [".index"]),
    ...(existsSync(metaPath) ? [] : [".meta"]),
    ...(shards.length > 0 ? [] : [".data-*"]),
  ];
  if (missing.length === 0) return { kind: "tf1-checkpoint", prefix, metaPath };
  const others = filesIn(folder).filter((name) => name.endsWith(".meta"));
  throw new ParityError(
    "FILE_NOT_FOUND",
    `The checkpoint ${prefix} lacks ${missing.map((part) => basename(prefix) + part).join(" and ")}.`,
    {
      where: { file: prefix },
      hint: missing.includes(".meta")
        ? "The .meta file holds the graph: save it with tf.compat.v1.train.export_meta_graph, or copy it from where the model was saved. " +
          `The weights alone are compared by: parity weights ${prefix} port.py:build.` +
          (others.length > 0 ? ` There is ${others.join(", ")} in the same folder.` : "")
        : "Copy all files of the checkpoint into one folder: .index, .meta and every .data-* shard.",
    },
  );
}
