import type { MetaGraphDef } from "../formats/tf-proto/types.js";
import { makeNode } from "./constant.js";
import { type Fetch, makeFetch } from "./fetch-ops.js";
import { ancestorsOf, parseTensorName } from "./graph.js";
import { makeReaders } from "./make-readers.js";
import { outputDataType } from "./output-dtype.js";
import { makeRestoreOps } from "./restore.js";
import { makeSampleOps, type VariableSample } from "./sample-ops.js";
import { makeViewGraph } from "./saved-model-view.js";
import type { Original } from "./understand-original.js";

/** The graph to run, and how to read taps and samples of the variables out of it. */
export interface SessionGraph {
  readonly metaGraph: MetaGraphDef;
  /** By tensor name (`node:slot`). */
  readonly fetches: ReadonlyMap<string, Fetch>;
  readonly samples: readonly VariableSample[];
  /** How any other tensor of the graph is read, by tensor name. */
  readonly readers: ReadonlyMap<string, Fetch>;
}

/** Cuts the original down to what its taps need and adds the ops that restore it, sample its variables and read it out. */
export function makeSessionGraph(original: Original): SessionGraph {
  const { graph, variables, checkpoint } = original;
  const added = makeRestoreOps(variables, original.restore);
  const fetches = new Map<string, Fetch>();
  for (const tap of original.taps) {
    if (fetches.has(tap.tensor)) continue;
    const ref = parseTensorName(tap.tensor);
    const node = graph.nodes.get(ref.node);
    const dataType = node === undefined ? undefined : outputDataType(node, ref.slot);
    if (dataType === undefined) continue;
    const name = `parity_fetch/${fetches.size}`;
    // A session refuses to give out what it is fed.
    const isFed = original.inputs.some((input) => input.tensor === tap.tensor);
    if (isFed) added.push(makeNode(`${name}/copy`, "Identity", [tap.tensor], { T: { type: dataType } }));
    const { fetch, nodes } = makeFetch(isFed ? `${name}/copy:0` : tap.tensor, dataType, name);
    fetches.set(tap.tensor, fetch);
    added.push(...nodes);
  }
  const sampled = makeSampleOps(variables, (key) => checkpoint.tensors.get(key)?.shape ?? [0]);
  added.push(...sampled.nodes);
  const kept = ancestorsOf(
    graph,
    [...fetches.keys()].map((tensor) => parseTensorName(tensor).node),
  );
  for (const variable of variables) kept.add(variable.node);
  const { readers, nodes } = makeReaders(graph, kept, new Set(original.inputs.map((input) => input.tensor)));
  added.push(...nodes);
  return { metaGraph: makeViewGraph(original, kept, added), fetches, samples: sampled.samples, readers };
}
