import type { NodeDef } from "../../formats/tf-proto/types.js";
import { shapeAttr } from "../attr.js";
import { findUnreadableOps } from "../control-flow.js";
import { type TensorRef, tensorName } from "../graph.js";
import { VARIABLE_OPS } from "../op-kinds.js";
import type { Original } from "../understand-original.js";
import { type Folded, foldConstant } from "./fold-constant.js";
import { inferShape, type StaticShape } from "./infer-shape.js";

/** What is known about the tensors of a graph before it is run, by tensor name. */
export interface Facts {
  readonly shapes: ReadonlyMap<string, StaticShape>;
  /** Constants and sizes. Those with a null among their values are not known in full. */
  readonly constants: ReadonlyMap<string, Folded>;
  /** Checkpoint keys of tensors that are a variable as it is stored, perhaps in another shape or type. */
  readonly variables: ReadonlyMap<string, string>;
  /** Ops whose values no session gives out. */
  readonly unreadable: ReadonlySet<string>;
  /** How many outputs of an op are read by others, at least 1. */
  readonly slots: ReadonlyMap<string, number>;
}

const cache = new WeakMap<Original, Facts>();

/** Ops that give a variable as it is stored. In a loop or a branch it is entered first. */
const VIEWS =
  /^(Identity|ReadVariableOp|Cast|Reshape|ExpandDims|Squeeze|StopGradient|Snapshot|(Ref)?Enter|(Ref)?Switch)$/;

/** Everything that the graph tells without a run, in one pass in the order of execution; computed once per original. */
export function gatherFacts(original: Original): Facts {
  const known = cache.get(original);
  if (known !== undefined) return known;
  const { graph, pass } = original;
  const facts = {
    shapes: new Map<string, StaticShape>(),
    constants: new Map<string, Folded>(),
    variables: new Map<string, string>(),
    unreadable: findUnreadableOps(graph),
    slots: new Map<string, number>(),
  };
  const byNode = new Map(original.variables.map((variable) => [variable.node, variable]));
  for (const name of graph.position.keys()) {
    const node = graph.nodes.get(name);
    if (node === undefined || !pass.needed.has(name)) continue;
    const inputs = graph.inputs.get(name) ?? [];
    const variable = byNode.get(name);
    const slots = Math.max(1, ...(graph.consumers.get(name) ?? []).map((consumer) => consumer.slot + 1));
    facts.slots.set(name, slots);
    if (variable !== undefined) {
      facts.variables.set(`${name}:0`, variable.key);
      const stored = variable.slice === "" ? original.checkpoint.tensors.get(variable.key)?.shape : undefined;
      const shape = stored ?? shapeAttr(node);
      if (shape !== null) facts.shapes.set(`${name}:0`, shape);
      continue;
    }
    if (VARIABLE_OPS.has(node.op)) continue;
    addFacts(node, inputs, slots, facts);
  }
  cache.set(original, facts);
  return facts;
}

function addFacts(
  node: NodeDef,
  inputs: readonly TensorRef[],
  slots: number,
  facts: { shapes: Map<string, StaticShape>; constants: Map<string, Folded>; variables: Map<string, string> },
): void {
  const names = inputs.map(tensorName);
  const shapes = names.map((name) => facts.shapes.get(name) ?? null);
  const values = names.map((name) => facts.constants.get(name) ?? null);
  const folded = foldSizes(node, shapes[0] ?? null) ?? foldConstant(node, values);
  const key = names[0] === undefined ? undefined : facts.variables.get(names[0]);
  // The parts of a partitioned variable, put together again.
  const joined = node.op === "ConcatV2" && names.slice(0, -1).every((name) => facts.variables.get(name) === key);
  const isView = VIEWS.test(node.op) || joined;
  for (let slot = 0; slot < slots; slot++) {
    const tensor = `${node.name}:${slot}`;
    if (folded !== null && (slot === 0 || /Switch$/.test(node.op))) facts.constants.set(tensor, folded);
    const shape =
      node.op === "ReadVariableOp" ? (shapes[0] ?? null) : (folded?.shape ?? inferShape(node, slot, shapes, values));
    if (shape !== null) facts.shapes.set(tensor, shape);
    if (isView && key !== undefined) facts.variables.set(tensor, key);
  }
}

/** The sizes of a tensor as a vector, with null where they are not known before a run. */
function foldSizes(node: NodeDef, shape: StaticShape | null): Folded | null {
  if (shape === null) return null;
  if (node.op === "Shape") return { shape: [shape.length], values: shape, node: node.name };
  if (node.op === "Rank") return { shape: [], values: [shape.length], node: node.name };
  if (node.op === "Size" && !shape.includes(null)) {
    return { shape: [], values: [shape.reduce<number>((n, size) => n * (size ?? 1), 1)], node: node.name };
  }
  return null;
}
