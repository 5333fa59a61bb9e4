import { ParityError } from "../../errors.js";
import { parseTensorName, type TensorRef, tensorName } from "../graph.js";
import { SHAPE_ONLY_OPS } from "../op-kinds.js";
import { floatingDType } from "../output-dtype.js";
import type { Original } from "../understand-original.js";
import { readAttributes } from "./attributes.js";
import { gatherFacts } from "./facts.js";
import { recognisePatterns } from "./recognise-patterns.js";
import type { OriginalConstant, OriginalOp, OriginalRegion } from "./types.js";

/**
 * The ops on which the tensor `target` (`node:slot`) depends, back to tensors in `known`, variables, constants and
 * inputs. Constants and what is computed from them alone are folded; the tensor whose size an op takes (Shape) is not
 * followed, since its values do not matter. Throws CONFIG_INVALID when the graph has no such tensor.
 */
export function findRegion(original: Original, target: string, known: ReadonlySet<string>): OriginalRegion {
  const { graph, pass } = original;
  const facts = gatherFacts(original);
  const start = parseTensorName(target);
  if (!graph.nodes.has(start.node)) {
    throw new ParityError("CONFIG_INVALID", `The graph has no tensor ${target}.`, {
      where: { key: target },
      hint: "Name a tensor of the original as scope/op:0.",
    });
  }
  const inputs = new Set(pass.inputs.map(tensorName));
  const sources = new Set<string>();
  const constants = new Map<string, OriginalConstant>();
  const variables = new Map<string, string>();
  const nodes = new Set<string>();
  const stack: TensorRef[] = [{ node: start.node, slot: start.slot }];
  for (let ref = stack.pop(); ref !== undefined; ref = stack.pop()) {
    const name = tensorName(ref);
    const isTarget = ref.node === start.node && ref.slot === start.slot;
    if ((!isTarget && known.has(name)) || inputs.has(name)) {
      sources.add(name);
      continue;
    }
    const key = facts.variables.get(name);
    if (key !== undefined) {
      variables.set(name, key);
      continue;
    }
    const folded = facts.constants.get(name);
    if (folded !== undefined && !folded.values.includes(null)) {
      constants.set(name, folded as OriginalConstant);
      continue;
    }
    const node = graph.nodes.get(ref.node);
    // A table that is too large to be read is no op either.
    if (node === undefined || node.op === "Const" || nodes.has(ref.node)) continue;
    nodes.add(ref.node);
    if (!SHAPE_ONLY_OPS.has(node.op)) stack.push(...(graph.inputs.get(ref.node) ?? []));
  }

  const place = (name: string): number => graph.position.get(name) ?? 0;
  const ops: OriginalOp[] = [];
  const readable: string[] = [];
  for (const name of [...nodes].sort((a, b) => place(a) - place(b))) {
    const node = graph.nodes.get(name);
    if (node === undefined) continue;
    const slots = Math.max(facts.slots.get(name) ?? 1, name === start.node ? start.slot + 1 : 1);
    const outputs = Array.from({ length: slots }, (_, slot) => `${name}:${slot}`);
    ops.push({
      node: name,
      op: node.op,
      inputs: (graph.inputs.get(name) ?? []).map(tensorName),
      outputs,
      attributes: readAttributes(node),
    });
    if (facts.unreadable.has(name)) continue;
    // Outputs that nothing reads have no reader in the session.
    const read = new Set([0, ...(graph.consumers.get(name) ?? []).map((consumer) => consumer.slot)]);
    readable.push(...outputs.filter((_, slot) => read.has(slot) && floatingDType(node, slot) !== null));
  }
  const region = { target: tensorName(start), ops, sources: [...sources], readable, constants, variables };
  return { ...region, patterns: recognisePatterns(region, original) };
}
