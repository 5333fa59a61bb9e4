import { DataType } from "../../formats/tf-proto/data-type.js";
import type { NodeDef } from "../../formats/tf-proto/types.js";
import { makeNode } from "../constant.js";
import { type Graph, type TensorRef, tensorName } from "../graph.js";
import { createBuilder } from "./builder.js";
import { classifyOps, type Treatment } from "./classify.js";
import { EXPANSIONS } from "./expand.js";
import { createFloatTypes } from "./float-types.js";
import { widenNode } from "./widen-node.js";

export interface WidenedGraph {
  /** All ops; complete after the last call of `readWide`. */
  readonly nodes: readonly NodeDef[];
  /** Ops that make floating numbers and still do it in float32. */
  readonly single: readonly string[];
  /** The tensor that holds the value of a floating tensor in double; null for a tensor of another type. */
  readWide(ref: TensorRef): string | null;
}

/**
 * Writes the kept ops so that all arithmetic of 32 bits and less is in double. Each op keeps its name; where a float32
 * number meets an op in double, or the other way round, there is a Cast.
 */
export function widenGraph(graph: Graph, kept: ReadonlySet<string>): WidenedGraph {
  const floatType = createFloatTypes(graph);
  // The map of positions is in their order.
  const order = [...graph.position.keys()].filter((name) => kept.has(name));
  const treatments = classifyOps(graph, order, floatType);
  const nodes: NodeDef[] = [];
  const casts = new Map<string, string>();
  /** Outputs of expanded ops that another op gives now. */
  const moved = new Map<string, string>();

  for (const name of order) {
    const node = graph.nodes.get(name);
    const treatment = treatments.get(name);
    if (node !== undefined && treatment !== undefined) writeNode(node, treatment);
  }

  function writeNode(node: NodeDef, treatment: Treatment): void {
    const wide = isWide(treatment);
    const inputs = (graph.inputs.get(node.name) ?? []).map((ref) => read(ref, wide));
    const controls = (graph.controlInputs.get(node.name) ?? []).map((name) => `^${name}`);
    if (treatment === "expanded") writeExpanded(node, inputs, controls);
    else {
      const written = { ...node, input: [...inputs, ...controls] };
      nodes.push(treatment === "wide" ? widenNode(written) : written);
    }
  }

  function writeExpanded(node: NodeDef, inputs: readonly string[], controls: readonly string[]): void {
    const build = createBuilder(`parity_double/${node.name}`, inputs[0] ?? "");
    const outputs = EXPANSIONS[node.op]?.(node, inputs, build) ?? new Map<number, string>();
    for (const [slot, tensor] of outputs) if (slot > 0) moved.set(tensorName({ node: node.name, slot }), tensor);
    // The first output and whatever waits for the op find it under its own name.
    const type = { type: DataType.DOUBLE };
    nodes.push(...build.nodes, makeNode(node.name, "Identity", [outputs.get(0) ?? "", ...controls], { T: type }));
  }

  /** The tensor in the precision that its reader works in. */
  function read(ref: TensorRef, wide: boolean): string {
    const name = tensorName(ref);
    const now = moved.get(name) ?? (ref.slot === 0 ? ref.node : name);
    const type = floatType(ref);
    if (type === undefined || isWide(treatments.get(ref.node)) === wide) return now;
    const known = casts.get(name);
    if (known !== undefined) return known;
    const cast = `parity_double/cast_${casts.size}`;
    casts.set(name, cast);
    const [from, to] = wide ? [type, DataType.DOUBLE] : [DataType.DOUBLE, type];
    const attr = { SrcT: { type: from }, DstT: { type: to }, Truncate: { b: false } };
    nodes.push(makeNode(cast, "Cast", [now], attr));
    return cast;
  }

  const isSingle = (name: string): boolean =>
    treatments.get(name) === "single" && floatType({ node: name, slot: 0 }) !== undefined;
  return {
    nodes,
    single: order.filter(isSingle),
    readWide: (ref) => (floatType(ref) === undefined ? null : read(ref, true)),
  };
}

function isWide(treatment: Treatment | undefined): boolean {
  return treatment === "wide" || treatment === "expanded";
}
