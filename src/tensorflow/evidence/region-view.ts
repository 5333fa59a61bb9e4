import { parseTensorName } from "../graph.js";
import { floatingDType } from "../output-dtype.js";
import type { Original } from "../understand-original.js";
import { type Facts, gatherFacts } from "./facts.js";
import type { StaticShape } from "./infer-shape.js";
import { shortestNumber } from "./shortest-number.js";
import type { OriginalOp, OriginalRegion, Sourced } from "./types.js";

/** Ops that give the numbers that they read. */
export const SAME_NUMBERS: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "StopGradient",
  "PreventGradient",
  "Snapshot",
  "CheckNumerics",
  "EnsureShape",
  "PlaceholderWithDefault",
]);

/** Ops that give the numbers that they read in the same order under another shape. */
export const OTHER_SHAPE: ReadonlySet<string> = new Set(["Reshape", "ExpandDims", "Squeeze"]);

/** Questions that matchers ask about a region. Tensors are named `node:slot`. */
export class RegionView {
  private readonly producers = new Map<string, OriginalOp>();
  private readonly readersOf = new Map<string, OriginalOp[]>();
  private readonly places = new Map<string, number>();
  private readonly facts: Facts;
  /** Ops that a pattern has been found for: they mean nothing by themselves any more. */
  readonly claimed = new Set<string>();

  constructor(
    readonly region: Omit<OriginalRegion, "patterns">,
    private readonly original: Original,
  ) {
    this.facts = gatherFacts(original);
    for (const [at, op] of region.ops.entries()) {
      this.places.set(op.node, at);
      for (const output of op.outputs) this.producers.set(output, op);
      for (const input of new Set(op.inputs)) {
        const list = this.readersOf.get(input) ?? [];
        list.push(op);
        this.readersOf.set(input, list);
      }
    }
  }

  /** The ops that no pattern has been found for, of the given types, in execution order. */
  *open(...types: readonly string[]): Generator<OriginalOp> {
    for (const op of this.region.ops) if (types.includes(op.op) && !this.claimed.has(op.node)) yield op;
  }

  /** The op of the region that gives a tensor; undefined for sources, constants and variables. */
  producer(tensor: string | undefined): OriginalOp | undefined {
    return tensor === undefined ? undefined : this.producers.get(tensor);
  }

  /** The op that gives a tensor when it is of one of the given types, seen through ops that give the same numbers. */
  producerOf(tensor: string | undefined, ...types: readonly string[]): OriginalOp | undefined {
    if (tensor === undefined) return undefined;
    const op = this.producers.get(this.settle(tensor));
    return op !== undefined && types.includes(op.op) ? op : undefined;
  }

  readers(tensor: string): readonly OriginalOp[] {
    return this.readersOf.get(tensor) ?? [];
  }

  /** The tensor that holds the same numbers under the same shape and comes first. */
  settle(tensor: string): string {
    return this.follow(tensor, (op) => SAME_NUMBERS.has(op));
  }

  /** The tensor that holds the same numbers in the same order and comes first, whatever its shape. */
  bare(tensor: string): string {
    return this.follow(tensor, (op) => SAME_NUMBERS.has(op) || OTHER_SHAPE.has(op));
  }

  /** The one number of a constant (all elements of which may be the same), null for anything else. */
  scalar(tensor: string | undefined): Sourced<number> | null {
    if (tensor === undefined) return null;
    const settled = this.bare(tensor);
    const constant = this.region.constants.get(settled) ?? this.region.constants.get(tensor);
    if (constant !== undefined) {
      const [first] = constant.values;
      if (first === undefined || constant.values.some((value) => value !== first)) return null;
      return { value: shortestNumber(first), node: constant.node };
    }
    return this.uniform(settled);
  }

  /** One number as many times as the data has rows, whatever their number. */
  private uniform(tensor: string): Sourced<number> | null {
    const op = this.producers.get(tensor);
    if (op?.op === "Fill") return this.scalar(op.inputs[1]);
    if (op?.op === "OnesLike" || op?.op === "ZerosLike") return { value: op.op === "OnesLike" ? 1 : 0, node: op.node };
    if (op?.op !== "Mul") return null;
    const [a, b] = [this.scalar(op.inputs[0]), this.scalar(op.inputs[1])];
    return a && b ? { value: a.value * b.value, node: (a.value === 1 ? b : a).node } : null;
  }

  /** The whole numbers of a constant; null for anything else. */
  integers(tensor: string | undefined): readonly number[] | null {
    const constant = tensor === undefined ? undefined : this.region.constants.get(this.settle(tensor));
    return constant?.values.every(Number.isInteger) ? constant.values : null;
  }

  /** Sizes of which some may be known only in a run (-1). */
  sizes(tensor: string | undefined): readonly number[] | null {
    const folded = tensor === undefined ? undefined : this.facts.constants.get(tensor);
    return folded?.values.map((size) => size ?? -1) ?? null;
  }

  /** The checkpoint key of a tensor that is a stored variable. */
  variable(tensor: string | undefined): string | null {
    return tensor === undefined ? null : (this.region.variables.get(this.bare(tensor)) ?? null);
  }

  /** A tensor that holds neither a constant nor a variable. */
  isData(tensor: string | undefined): tensor is string {
    return tensor !== undefined && !this.region.constants.has(tensor) && this.variable(tensor) === null;
  }

  shape(tensor: string | undefined): StaticShape | null {
    return tensor === undefined ? null : (this.facts.shapes.get(tensor) ?? null);
  }

  /** A tensor of floating-point numbers. */
  isFloating(tensor: string): boolean {
    const { node: name, slot } = parseTensorName(tensor);
    const node = this.original.graph.nodes.get(name);
    return node !== undefined && floatingDType(node, slot) !== null;
  }

  /** Axes counted from the front where the number of axes is known. */
  countAxes(axes: readonly number[], tensor: string | undefined): readonly number[] {
    const rank = this.shape(tensor)?.length;
    return rank === undefined ? axes : axes.map((axis) => (axis < 0 ? axis + rank : axis));
  }

  /** A stretch with the reshape before it and the one behind it, where there are such. */
  aroundReshapes(input: string, output: string): readonly [input: string, output: string] {
    const before = this.producerOf(input, "Reshape");
    const after = this.readers(output).find((reader) => reader.op === "Reshape" && reader.inputs[0] === output);
    return [before?.inputs[0] ?? input, after === undefined ? output : `${after.node}:0`];
  }

  /** Whether one tensor is computed from another, in the whole graph. */
  dependsOn(tensor: string, from: string): boolean {
    const { graph } = this.original;
    const [goal, start] = [nodeOf(from), nodeOf(tensor)];
    const floor = graph.position.get(goal) ?? 0;
    const seen = new Set<string>();
    const stack = [start];
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (name === goal) return true;
      // What comes before the other one in the order does not depend on it.
      if (seen.has(name) || (graph.position.get(name) ?? 0) < floor) continue;
      seen.add(name);
      for (const ref of graph.inputs.get(name) ?? []) stack.push(ref.node);
    }
    return false;
  }

  /** The ops between the given tensors and an output, those that only look at its sizes left out. */
  nodesBetween(output: string, stops: readonly string[]): string[] {
    const found = new Set<string>();
    const ends = new Set(stops);
    const stack = [output];
    for (let tensor = stack.pop(); tensor !== undefined; tensor = stack.pop()) {
      const op = ends.has(tensor) ? undefined : this.producers.get(tensor);
      if (op === undefined || found.has(op.node)) continue;
      if (op.op === "Shape" || op.op === "Pack" || op.op === "StridedSlice") continue;
      found.add(op.node);
      stack.push(...op.inputs);
    }
    return [...found].sort((a, b) => (this.places.get(a) ?? 0) - (this.places.get(b) ?? 0));
  }

  private follow(tensor: string, passes: (op: string) => boolean): string {
    let current = tensor;
    for (;;) {
      const op = this.producers.get(current);
      const input = op !== undefined && passes(op.op) ? op.inputs[0] : undefined;
      if (input === undefined) return current;
      current = input;
    }
  }
}

function nodeOf(tensor: string): string {
  return tensor.slice(0, tensor.lastIndexOf(":"));
}
