import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { readOriginal } from "../check/read-original.js";
import { plainReference } from "../config/plain-reference.js";
import { ParityError } from "../errors.js";
import { elementCount } from "../formats/dtype.js";
import { writeSafetensors } from "../formats/safetensors-write.js";
import { createTemporaryFile } from "../formats/temporary-file.js";
import { readSettings } from "../inspect/beside.js";
import { buildSkeleton } from "./build-skeleton.js";
import { collectOps } from "./describe-ops.js";
import { findLayers, regionsOf } from "./find-layers.js";
import { renderModule } from "./render-module.js";

export interface ScaffoldOptions {
  /** A file that ends with .py, or a folder for scaffold.py. */
  readonly out: string;
  /** Replaces files that are there. */
  readonly force: boolean;
  /** Names of the original's outputs; null: those that it declares, or are found. */
  readonly outputs?: readonly string[] | null;
}

export interface Scaffolded {
  readonly schemaVersion: 1;
  readonly original: string;
  readonly module: string;
  readonly weights: string;
  readonly bytes: number;
  readonly classes: readonly string[];
  readonly variables: number;
  readonly parameters: number;
  /** How many of each of torch's layers. */
  readonly layers: Readonly<Record<string, number>>;
  /** Variables that are held as bare parameters. */
  readonly bare: readonly string[];
}

/**
 * Writes the PyTorch skeleton of an original: a module whose `build()` loads every variable of the forward pass, and the variables
 * themselves as safetensors, in the original's names and layouts. Nothing is run. The same original gives the same text. Throws as
 * `readOriginal`; USAGE where files are there and `force` is not given.
 *
 * @param read what is read in the original's place: the checkpoint that Python wrote of it
 */
export function scaffold(
  model: string,
  { out, force, outputs = null }: ScaffoldOptions,
  read: string = model,
): Scaffolded {
  const module = extname(out) === ".py" ? out : join(out, "scaffold.py");
  const weights = module.replace(/\.py$/, ".safetensors");
  refuseToReplace([module, weights], force);
  const original = readOriginal(plainReference(read, { outputs }));
  try {
    const regions = regionsOf(original);
    const layers = findLayers(original, regions);
    const skeleton = buildSkeleton(layers);
    const [beside] = readSettings(model, original.checkpoint).filter((one) => !one.file.endsWith("(inside)"));
    const text = renderModule(skeleton, {
      original: model,
      weights: basename(weights),
      inputs: original.inputs.filter((input) => input.inferenceValue === null).map((input) => input.name),
      settings: beside?.values ?? {},
      ops: collectOps(original, regions),
    });
    const tensors = layers.flatMap(({ fields }) =>
      fields.flatMap(({ key }) => {
        const data = original.checkpoint.tensors.get(key);
        return data === undefined ? [] : [{ name: key, dtype: data.dtype, shape: data.shape, data }];
      }),
    );
    mkdirSync(dirname(module), { recursive: true });
    writeSafetensors(weights, tensors, { writtenBy: "parity scaffold" });
    const file = createTemporaryFile(module);
    file.write(Buffer.from(text), 0);
    file.commit();
    return {
      schemaVersion: 1,
      original: model,
      module,
      weights,
      bytes: statSync(weights).size,
      classes: skeleton.classes.map((one) => one.name),
      variables: tensors.length,
      parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      layers: countLayers(layers.map((one) => one.construct)),
      bare: layers.flatMap((one) => (one.construct === null ? one.fields.map((field) => field.key) : [])),
    };
  } finally {
    original.checkpoint.close();
  }
}

function refuseToReplace(files: readonly string[], force: boolean): void {
  const there = files.filter((file) => existsSync(file));
  if (force || there.length === 0) return;
  throw new ParityError("USAGE", `${there.join(" and ")} ${there.length === 1 ? "exists" : "exist"} already.`, {
    where: { file: there[0] ?? "", key: "--out" },
    hint: "Give another place with --out, or --force to replace what is there.",
  });
}

function countLayers(constructs: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const construct of constructs) {
    const name = construct?.slice(0, construct.indexOf("("));
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
