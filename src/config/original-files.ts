import { basename, dirname, join } from "node:path";
import type { Tf1Checkpoint } from "./find-checkpoint.js";
import { filesIn } from "./no-such-model.js";

/** A SavedModel of TensorFlow 1 or 2. */
export interface SavedModelFolder {
  readonly kind: "saved-model";
  readonly directory: string;
}

/** A GraphDef whose weights are constants in it. */
export interface FrozenGraphFile {
  readonly kind: "frozen-graph";
  readonly file: string;
}

/** A graph model of TensorFlow.js: `model.json`, with its weights in files beside it. */
export interface TfjsModelFile {
  readonly kind: "tfjs-graph";
  readonly file: string;
}

/** An original that TensorFlow's C runtime runs as it is stored. */
export type OriginalModel = Tf1Checkpoint | SavedModelFolder | FrozenGraphFile | TfjsModelFile;

/** The files of an original: those by which another model would be known at once, and the shards with the values. */
export interface OriginalFiles {
  readonly index: readonly string[];
  readonly data: readonly string[];
}

/** All files of an original, absolute where its path is. */
export function filesOfOriginal(model: OriginalModel): OriginalFiles {
  if (model.kind === "frozen-graph") return { index: [model.file], data: [] };
  if (model.kind === "tfjs-graph") {
    const folder = dirname(model.file);
    const data = filesIn(folder).filter((name) => name.endsWith(".bin"));
    return { index: [model.file], data: data.map((name) => join(folder, name)) };
  }
  const prefix = model.kind === "saved-model" ? join(model.directory, "variables", "variables") : model.prefix;
  const folder = dirname(prefix);
  const beside = filesIn(folder);
  const shards = beside.filter((name) => name.startsWith(`${basename(prefix)}.data-`)).sort();
  const data = shards.map((name) => join(folder, name));
  if (model.kind === "tf1-checkpoint") return { index: [`${prefix}.index`, model.metaPath], data };
  const hasVariables = beside.includes(`${basename(prefix)}.index`);
  return { index: [join(model.directory, "saved_model.pb"), ...(hasVariables ? [`${prefix}.index`] : [])], data };
}
