import type { NodeDef } from "../../formats/tf-proto/types.js";
import { findOrderTokens } from "../control-flow.js";
import { type Graph, type TensorRef, tensorName } from "../graph.js";
import { createBuilder } from "./builder.js";
import { EXPANSIONS } from "./expand.js";
import { isSource, MOVING_OPS, staysSingle } from "./single-ops.js";

/**
 * `wide`: the op is written in double. `expanded`: it becomes several ops in double. `source`: the float32 numbers that it
 * gives are exact and stay. `single`: it computes in float32 for want of a kernel. `token`: what it gives only orders.
 */
export type Treatment = "wide" | "expanded" | "source" | "single" | "token";

/** What becomes of each of the kept ops. `order` is a topological order of them. */
export function classifyOps(
  graph: Graph,
  order: readonly string[],
  floatType: (ref: TensorRef) => number | undefined,
): Map<string, Treatment> {
  const treatments = new Map<string, Treatment>();
  const tokens = findOrderTokens(graph);
  const kept = new Set(order);
  for (const name of order) {
    const node = graph.nodes.get(name);
    if (node !== undefined) treatments.set(name, treatmentOf(node));
  }
  return treatments;

  function treatmentOf(node: NodeDef): Treatment {
    if (isSource(node.op)) return "source";
    if (canExpand(node)) return "expanded";
    if (staysSingle(node)) return "single";
    if (MOVING_OPS.has(node.op) && movesSource(node)) return "source";
    // A TensorArray itself holds numbers of the model, though it gives a token too.
    return tokens.has(node.name) && !node.op.startsWith("TensorArray") ? "token" : "wide";
  }

  function movesSource(node: NodeDef): boolean {
    const [moved] = graph.inputs.get(node.name) ?? [];
    return moved !== undefined && floatType(moved) !== undefined && treatments.get(moved.node) === "source";
  }

  function canExpand(node: NodeDef): boolean {
    const expand = EXPANSIONS[node.op];
    if (expand === undefined) return false;
    const names = (graph.inputs.get(node.name) ?? []).map(tensorName);
    const outputs = expand(node, names, createBuilder("trial", names[0] ?? ""));
    const readers = (graph.consumers.get(node.name) ?? []).filter((one) => kept.has(one.node));
    return outputs !== null && readers.every((one) => outputs.has(one.slot));
  }
}
