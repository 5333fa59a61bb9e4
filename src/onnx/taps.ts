import type { SourcePlace } from "../recording/types.js";
import { type GraphView, isFloating } from "./graph.js";
import type { NodePlace } from "./scopes.js";

/** A tensor by which a layer is read from outside of it. */
export interface OnnxTap {
  readonly id: string;
  readonly path: string;
  readonly call: number;
  readonly slot: string | null;
  /** The tensor in the graph. */
  readonly tensor: string;
  readonly source: SourcePlace | null;
  readonly isOutput: boolean;
}

interface Run {
  readonly path: string;
  readonly nodes: number[];
}

/**
 * The taps of a graph, in order of completion, inner layers before those that they are in: for each layer the tensor that is read
 * from outside of it (the last one; others are `path[0]`, …), and the model's outputs. A module that was called again is the same
 * layer entered again (`path@2`).
 *
 * @param layers of each node, from the outermost to the innermost
 * @param activations tensors that hold what the model computes of its inputs
 */
export function findTaps(
  view: GraphView,
  places: readonly NodePlace[],
  layers: readonly (readonly string[])[],
  activations: ReadonlySet<string>,
): OnnxTap[] {
  const outputs = new Set(view.outputs.map((one) => one.name));
  const inRun = new Map<Run, ReadonlySet<number>>();
  const runs = findRuns(view, places, layers, activations);
  for (const run of runs) inRun.set(run, new Set(run.nodes));
  // Who asks for a tensor's sizes does not read it.
  const computes = (at: number): boolean => view.nodes[at]?.outputs.some((name) => activations.has(name)) ?? false;
  const leaves = (name: string, run: Run): boolean =>
    outputs.has(name) ||
    (view.readers.get(name) ?? []).some((reader) => !inRun.get(run)?.has(reader) && computes(reader));
  const calls = new Map<string, number>();
  const found: (OnnxTap & { readonly at: number; readonly depth: number })[] = [];
  for (const run of runs) {
    const exported = run.nodes.flatMap((at) =>
      (view.nodes[at]?.outputs ?? []).flatMap((name) =>
        activations.has(name) && isFloating(view, name) && leaves(name, run) ? [{ name, at }] : [],
      ),
    );
    const main = exported.at(-1);
    if (main === undefined) continue;
    const call = (calls.get(run.path) ?? 0) + 1;
    calls.set(run.path, call);
    const own = call === 1 ? run.path : `${run.path}@${call}`;
    for (const [i, one] of exported.entries()) {
      const slot = one === main ? null : String(i);
      found.push({
        id: slot === null ? own : `${own}[${slot}]`,
        path: run.path,
        call,
        slot,
        tensor: one.name,
        source: places[one.at]?.source ?? null,
        isOutput: false,
        at: one.at,
        depth: run.path.length,
      });
    }
  }
  found.sort((a, b) => a.at - b.at || b.depth - a.depth);
  return [...found.map(({ at: _, depth: __, ...tap }) => tap), ...outputTaps(view)];
}

/** As torch names what the model itself gives: `(output)`, or `(output)[name]` where there are several. */
function outputTaps(view: GraphView): OnnxTap[] {
  const tensors = view.outputs.filter((one) => one.isTensor);
  return tensors.map(({ name }) => {
    const slot = tensors.length === 1 ? null : name;
    return {
      id: slot === null ? "(output)" : `(output)[${slot}]`,
      path: "",
      call: 1,
      slot,
      tensor: name,
      source: null,
      isOutput: true,
    };
  });
}

/** The nodes of each layer; where nodes stand in the order of calls, each call by itself. */
function findRuns(
  view: GraphView,
  places: readonly NodePlace[],
  layers: readonly (readonly string[])[],
  activations: ReadonlySet<string>,
): Run[] {
  const inCallOrder = places.some((place) => place.order === "calls");
  const open = new Map<string, Run>();
  const runs: Run[] = [];
  for (const [at, node] of view.nodes.entries()) {
    // Shapes and masks may be computed anywhere, and what an optimiser put in belongs nowhere: neither ends a call.
    if (!node.outputs.some((name) => activations.has(name))) continue;
    const own = layers[at] ?? [];
    if (inCallOrder && own.length === 0 && places[at]?.order === "names") continue;
    if (inCallOrder) for (const path of open.keys()) if (!own.includes(path)) open.delete(path);
    for (const path of new Set(own)) {
      const known = open.get(path);
      if (known !== undefined) known.nodes.push(at);
      else {
        const run = { path, nodes: [at] };
        open.set(path, run);
        runs.push(run);
      }
    }
  }
  return runs;
}
