import { ParityError } from "../errors.js";
import type { MetaGraphDef } from "../formats/tf-proto/types.js";
import type { TensorFile } from "../formats/types.js";
import { checkVariables } from "./check-variables.js";
import { type ForwardPass, findForwardPass } from "./forward-pass.js";
import { type Graph, indexGraph } from "./graph.js";
import type { GraphModel, Restore } from "./graph-model.js";
import { describeInputs, type GraphInput } from "./input-signature.js";
import { findScopes, findTaps, type GraphTap, type Scope } from "./taps.js";
import { findVariables, type GraphVariable } from "./variables.js";
import { findWeightedOps, type WeightedOp } from "./weighted-ops.js";

/** Everything that can be known about an original without running it. */
export interface Original {
  readonly metaGraph: MetaGraphDef;
  readonly graph: Graph;
  readonly pass: ForwardPass;
  readonly variables: readonly GraphVariable[];
  readonly weighted: ReadonlyMap<string, readonly WeightedOp[]>;
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly taps: readonly GraphTap[];
  readonly inputs: readonly GraphInput[];
  /** The values of the variables, by their keys. */
  readonly checkpoint: TensorFile;
  readonly restore: Restore;
  /** By tensor, the names that a signature gives to the outputs. */
  readonly outputNames: ReadonlyMap<string, string>;
}

/**
 * Reads a graph against the values of its variables. `outputs` and `inputs` are the user's; else the model's signature says
 * what it gives, and else it is found. Throws when graph and values do not belong together or there is no forward pass.
 */
export function understandOriginal(
  model: GraphModel,
  outputs: readonly string[] | null,
  inputs: readonly string[] | null = null,
): Original {
  const { metaGraph, file: metaPath, variables: checkpoint, restore, outputNames } = model;
  if (metaGraph.graphDef === undefined) {
    throw new ParityError("FORMAT_INVALID", `${metaPath} holds no graph.`, {
      where: { file: metaPath },
      hint: "Save the checkpoint with write_meta_graph=True (the default of tf.compat.v1.train.Saver.save).",
    });
  }
  const graph = indexGraph(metaGraph.graphDef.node, metaPath);
  const pass = findForwardPass(graph, metaPath, outputs ?? model.outputs ?? undefined);
  const variables = findVariables(graph, pass.needed, metaGraph.saverDef?.restoreOpName || undefined);
  checkVariables(graph, variables, checkpoint, metaPath);
  const weighted = findWeightedOps(graph, pass, variables);
  const scopes = findScopes(graph, pass, weighted);
  return {
    metaGraph,
    graph,
    pass,
    variables,
    weighted,
    scopes,
    taps: findTaps(graph, pass, weighted, scopes),
    inputs: orderInputs(
      describeInputs(graph, pass, variables, (key) => checkpoint.tensors.get(key)?.shape),
      inputs,
      metaPath,
    ),
    checkpoint,
    restore,
    outputNames,
  };
}

/** The inputs in the order that the user gives them; those that are not named follow. */
function orderInputs(found: readonly GraphInput[], wanted: readonly string[] | null, metaPath: string): GraphInput[] {
  if (wanted === null) return [...found];
  const named = wanted.map((name) => {
    const input = found.find((one) => one.name === name.replace(/:0$/, ""));
    if (input !== undefined) return input;
    throw new ParityError("CONFIG_INVALID", `The outputs do not depend on an input ${name}.`, {
      where: { file: metaPath, key: name },
      hint: `The inputs are ${found.map((one) => one.name).join(", ")}.`,
    });
  });
  return [...named, ...found.filter((one) => !named.includes(one))];
}
