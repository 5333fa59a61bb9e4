import { ParityError } from "../errors.js";
import { decodeFunction, type FunctionBody } from "../formats/tf-proto/function-def.js";
import type { OpDef } from "../formats/tf-proto/op-def.js";
import type { AttrValue, FunctionLibrary, NodeDef } from "../formats/tf-proto/types.js";
import { parseTensorName } from "./graph.js";
import { functionAttr, isLoop, LoopParts } from "./lower-loop.js";
import { flatSlot } from "./op-outputs.js";

/** Functions in functions, as deep as they may call each other; a function that calls itself would never end. */
const MAX_DEPTH = 100;
/** Ops after inlining. The largest published graphs have some hundred thousand. */
const MAX_NODES = 5_000_000;

const CALL_OPS: ReadonlySet<string> = new Set(["PartitionedCall", "StatefulPartitionedCall"]);

/** A graph without calls: every op of the functions stands in it under a name of its own. */
export interface InlinedGraph {
  readonly nodes: readonly NodeDef[];
  /** What a tensor of the graph as it was is called now (`StatefulPartitionedCall:0` → `model/dense/BiasAdd:0`). */
  readonly tensorOf: (tensor: string) => string;
}

/** The ops of the flat graph that have to run before those of a call. */
type Controls = () => readonly string[];

const NO_CONTROLS: Controls = () => [];

/** The tensors and control edges that stand for a name of the graph that is being written. */
interface Scope {
  /** By the name as the inputs write it, the tensor in the flat graph. */
  readonly tensor: (text: string) => string;
  readonly control: (node: string) => readonly string[];
}

/** What is written in place of an op. */
interface Inlined {
  /** The tensor that stands for one of its outputs. */
  output(slot: number): string;
  /** The ops after which it has done what it does besides giving tensors. */
  controls(): readonly string[];
  write(): void;
}

/** Where an op that is replaced stands. */
interface Place {
  readonly outer: Scope;
  /** The op's name in the flat graph. */
  readonly name: string;
  /** Of the op and everything around it. */
  readonly controls: Controls;
  readonly depth: number;
}

/**
 * Writes the bodies of called functions (`PartitionedCall`, `StatefulPartitionedCall`, an op that bears a function's name) in
 * place of the calls, and loops (`While`) as the ops that TensorFlow 1 has for them, so that what happens inside can be seen
 * and run in double. Functions of branches (`If`, `Case`) stay in the library. An op of a body is named after the scope of
 * its call and its own name (`model/dense/StatefulPartitionedCall` with `MatMul` in it gives `model/dense/MatMul`), and after
 * the whole call where that name is taken. Throws FORMAT_INVALID for a graph that is not whole.
 */
export function inlineFunctions(
  nodes: readonly NodeDef[],
  library: FunctionLibrary | undefined,
  ops: ReadonlyMap<string, OpDef>,
  file: string,
): InlinedGraph {
  return new Inliner(library, ops, file).run(nodes);
}

class Inliner {
  private readonly raw: ReadonlyMap<string, FunctionLibrary["functions"][number]>;
  private readonly decoded = new Map<string, FunctionBody>();
  private readonly out: NodeDef[] = [];
  private readonly taken = new Set<string>();

  constructor(
    library: FunctionLibrary | undefined,
    private readonly ops: ReadonlyMap<string, OpDef>,
    private readonly file: string,
  ) {
    this.raw = new Map((library?.functions ?? []).map((one) => [one.name, one]));
  }

  run(nodes: readonly NodeDef[]): InlinedGraph {
    for (const node of nodes) if (!this.isReplaced(node)) this.taken.add(node.name);
    const calls = new Map<string, Inlined>();
    const scope: Scope = {
      tensor: (text) => {
        const { node, slot } = parseTensorName(text);
        return calls.get(node)?.output(slot) ?? text;
      },
      control: (name) => calls.get(name)?.controls() ?? [name],
    };
    const asIs = (name: string): string => name;
    this.openAll(nodes, calls, scope, asIs, NO_CONTROLS, 0);
    this.write(nodes, scope, calls, asIs, NO_CONTROLS);
    return { nodes: this.out, tensorOf: scope.tensor };
  }

  private isReplaced(node: NodeDef): boolean {
    return isLoop(node) || this.calledBy(node) !== null;
  }

  /** The function that an op calls, null when it calls none. */
  private calledBy(node: NodeDef): string | null {
    if (CALL_OPS.has(node.op)) return functionAttr(node, "f");
    return this.raw.has(node.op) ? node.op : null;
  }

  private bodyOf(name: string): FunctionBody {
    const known = this.decoded.get(name);
    if (known !== undefined) return known;
    const raw = this.raw.get(name);
    if (raw === undefined) {
      throw new ParityError("FORMAT_INVALID", `The graph calls a function ${name}, which its library does not hold.`, {
        where: { file: this.file, key: name },
        hint: "The file is damaged or was cut; export it again.",
      });
    }
    const body = decodeFunction(raw, { file: this.file });
    this.decoded.set(name, body);
    return body;
  }

  /** Opens the calls of one graph or body, so that whoever reads of them knows what they become. */
  private openAll(
    nodes: readonly NodeDef[],
    calls: Map<string, Inlined>,
    outer: Scope,
    rename: (name: string) => string,
    outerControls: Controls,
    depth: number,
  ): void {
    if (depth > MAX_DEPTH) {
      throw new ParityError("FORMAT_INVALID", `The graph's functions call each other more than ${MAX_DEPTH} deep.`, {
        where: { file: this.file },
        hint: "A function that calls itself cannot be run as a graph.",
      });
    }
    for (const node of nodes) {
      if (!this.isReplaced(node)) continue;
      const own = node.input.filter((text) => text.startsWith("^")).map((text) => text.slice(1));
      const controls: Controls = () => [...outerControls(), ...own.flatMap(outer.control)];
      const place: Place = { outer, name: rename(node.name), controls, depth };
      calls.set(node.name, isLoop(node) ? this.openLoop(node, place) : this.openCall(node, place));
    }
  }

  private write(
    nodes: readonly NodeDef[],
    scope: Scope,
    calls: ReadonlyMap<string, Inlined>,
    rename: (name: string) => string,
    outerControls: Controls,
  ): void {
    for (const node of nodes) {
      const call = calls.get(node.name);
      if (call !== undefined) call.write();
      else this.out.push({ ...node, name: rename(node.name), input: mapInputs(node.input, scope, outerControls()) });
    }
  }

  private openCall(call: NodeDef, { outer, name, controls, depth }: Place): Inlined {
    const data = dataInputs(call);
    const given = (index: number): string | null => {
      const text = data[index];
      return text === undefined ? null : outer.tensor(text);
    };
    return this.openBody(this.bodyOf(this.calledBy(call) ?? ""), name, given, call.attr, controls, depth);
  }

  /** A function's body with the given tensors as its arguments. */
  private openBody(
    body: FunctionBody,
    fullName: string,
    given: (index: number) => string | null,
    attributes: NodeDef["attr"],
    controls: Controls,
    depth: number,
  ): Inlined {
    const { signature } = body;
    const nodes = body.nodes.map((node) => ({ ...node, attr: fill(node.attr, attributes) }));
    const indices = new Map(signature.inputs.map((argument, i) => [argument.name, i]));
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const names = new Map(
      nodes.filter((node) => !this.isReplaced(node)).map((node) => [node.name, this.claim(fullName, node.name)]),
    );
    const inner = (name: string): string => names.get(name) ?? `${scopeOf(fullName)}${name}`;
    const calls = new Map<string, Inlined>();
    const argument = (name: string): string => {
      const index = indices.get(name);
      const tensor = index === undefined ? null : given(index);
      if (tensor === null) throw this.unknown(name, signature.name);
      return tensor;
    };
    const scope: Scope = {
      tensor: (text) => {
        const [name = "", output, index] = text.split(":");
        if (output === undefined) return argument(name);
        const node = byName.get(name);
        if (node === undefined) throw this.unknown(text, signature.name);
        const slot = flatSlot(node, this.definitionOf(node), output, Number(index ?? 0), this.file);
        return calls.get(name)?.output(slot) ?? (slot === 0 ? inner(name) : `${inner(name)}:${slot}`);
      },
      control: (name) => {
        if (indices.has(name)) return [parseTensorName(argument(name)).node];
        return calls.get(name)?.controls() ?? [inner(name)];
      },
    };
    this.openAll(nodes, calls, scope, inner, controls, depth + 1);
    return {
      output: (slot) => {
        const returned = body.returns.get(signature.outputs[slot]?.name ?? "");
        if (returned === undefined) throw this.unknown(`output ${slot}`, signature.name);
        return scope.tensor(returned);
      },
      controls: () => [...new Set(body.controlReturns.flatMap((name) => scope.control(name)))],
      write: () => this.write(nodes, scope, calls, inner, controls),
    };
  }

  private openLoop(loop: NodeDef, { outer, name, controls, depth }: Place): Inlined {
    const condition = this.bodyOf(functionAttr(loop, "cond") ?? "");
    const body = this.bodyOf(functionAttr(loop, "body") ?? "");
    const parts = new LoopParts(loop, name, body, (own) => this.claim(name, own));
    const tested = this.openBody(condition, name, parts.tested, loop.attr, () => [parts.testPivot], depth);
    const repeated = this.openBody(body, name, parts.repeated, loop.attr, () => [parts.bodyPivot], depth);
    const data = dataInputs(loop);
    return {
      output: (slot) => parts.result(slot) ?? outer.tensor(data[slot] ?? ""),
      controls: () => parts.ends,
      write: () => {
        const entering = data.map(outer.tensor);
        const before = controls().map((one) => `^${one}`);
        this.out.push(...parts.head(entering, before, tested.output(0)));
        tested.write();
        repeated.write();
        this.out.push(...parts.tail((slot) => repeated.output(slot)));
      },
    };
  }

  private definitionOf(node: NodeDef): OpDef | undefined {
    const called = this.calledBy(node);
    // A call op gives the list `output`; a function called by its own name gives what its signature names.
    return called !== null && !CALL_OPS.has(node.op) ? this.bodyOf(called).signature : this.ops.get(node.op);
  }

  private claim(call: string, name: string): string {
    if (this.taken.size >= MAX_NODES) {
      throw new ParityError("FORMAT_INVALID", `With its functions written out the graph has over ${MAX_NODES} ops.`, {
        where: { file: this.file },
      });
    }
    const short = `${scopeOf(call)}${name}`;
    let free = this.taken.has(short) ? `${call}/${name}` : short;
    for (let i = 1; this.taken.has(free); i++) free = `${call}/${name}_${i}`;
    this.taken.add(free);
    return free;
  }

  private unknown(text: string, called: string): ParityError {
    return new ParityError("FORMAT_INVALID", `The function ${called} has no tensor ${text}, which is read of it.`, {
      where: { file: this.file, key: called },
      hint: "The file is damaged or was cut; export it again.",
    });
  }
}

function dataInputs(node: NodeDef): string[] {
  return node.input.filter((text) => !text.startsWith("^"));
}

/** `model/dense/StatefulPartitionedCall_1` → `model/dense/`; a call with a name of its own is a scope itself. */
function scopeOf(call: string): string {
  const cut = call.lastIndexOf("/") + 1;
  return /^(Stateful)?PartitionedCall(_\d+)?$/.test(call.slice(cut)) ? call.slice(0, cut) : `${call}/`;
}

function mapInputs(inputs: readonly string[], scope: Scope, outerControls: readonly string[]): string[] {
  const data: string[] = [];
  const controls = new Set<string>(outerControls.map((name) => `^${name}`));
  for (const text of inputs) {
    if (text.startsWith("^")) for (const name of scope.control(text.slice(1))) controls.add(`^${name}`);
    else data.push(scope.tensor(text));
  }
  return [...data, ...controls];
}

/** Attributes that a body leaves to its call (`T: placeholder "T"`) have the call's values. */
function fill(attr: NodeDef["attr"], given: NodeDef["attr"]): NodeDef["attr"] {
  let filled: Map<string, AttrValue> | null = null;
  for (const [name, value] of attr) {
    const from = "placeholder" in value ? given.get(value.placeholder) : undefined;
    if (from === undefined) continue;
    filled ??= new Map(attr);
    filled.set(name, from);
  }
  return filled ?? attr;
}
