import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { encodeSavedModel } from "../formats/tf-proto/saved-model.js";
import type { GraphDef, MetaGraphDef, NodeDef } from "../formats/tf-proto/types.js";
import { RESTORE_ALL, RESTORE_PATH } from "./restore.js";
import type { Original } from "./understand-original.js";

export const VIEW_TAG = "serve";

/**
 * The MetaGraphDef under which the C runtime restores and runs the original: only the kept ops, without devices (the
 * model may come from a machine with other ones) and colocations (which may name ops that were left out), and with our
 * own restore ops as its saver. Constants that were taken for variables are constants again.
 */
export function makeViewGraph(
  { metaGraph, restore }: Pick<Original, "metaGraph" | "restore">,
  kept: ReadonlySet<string>,
  added: readonly NodeDef[],
): MetaGraphDef {
  const graph = metaGraph.graphDef as GraphDef;
  const nodes = [...graph.node.filter((node) => kept.has(node.name)), ...added].map((node) =>
    withoutPlacement(restore.constants.get(node.name) ?? node),
  );
  return {
    metaInfoDef: {
      metaGraphVersion: "",
      strippedOpList: undefined,
      tensorflowVersion: "",
      tensorflowGitVersion: "",
      strippedDefaultAttrs: false,
      unknown: [],
      ...metaGraph.metaInfoDef,
      tags: [VIEW_TAG],
    },
    graphDef: { ...graph, node: nodes },
    saverDef: {
      filenameTensorName: `${RESTORE_PATH}:0`,
      saveTensorName: `${RESTORE_PATH}:0`,
      restoreOpName: RESTORE_ALL,
      unknown: [],
    },
    collectionDef: new Map(),
    signatureDef: new Map(),
    unknown: [],
  };
}

function withoutPlacement(node: NodeDef): NodeDef {
  const attr = new Map(node.attr);
  attr.delete("_class");
  return { ...node, device: "", attr };
}

/** Writes the view as a SavedModel directory whose variables, where a checkpoint has them, are links to its own files. */
export function writeSavedModelView(directory: string, metaGraph: MetaGraphDef, prefix: string | null): void {
  const variables = join(directory, "variables");
  mkdirSync(variables, { recursive: true });
  writeFileSync(
    join(directory, "saved_model.pb"),
    encodeSavedModel({ schemaVersion: 1, metaGraphs: [metaGraph], unknown: [] }),
  );
  if (prefix === null) return;
  const base = basename(prefix);
  for (const name of readdirSync(dirname(resolve(prefix)))) {
    const suffix = name.startsWith(`${base}.`) ? name.slice(base.length) : "";
    if (/^\.(index|data-\d{5}-of-\d{5})$/.test(suffix))
      symlinkSync(resolve(dirname(prefix), name), join(variables, `variables${suffix}`));
  }
}
