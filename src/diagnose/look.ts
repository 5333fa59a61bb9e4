import type { TracedArgument, TracedOp } from "../runners/edits.js";
import type { OriginalOp, Pattern } from "../tensorflow/evidence/types.js";
import type { Situation } from "./situation.js";

/** Where an argument stands in a call, and what it is. */
export interface FoundArgument {
  /** Position or keyword: what `original({ [at]: … })` takes. */
  readonly at: string;
  readonly argument: TracedArgument;
}

/** The argument of a parameter by its name, given by position or keyword; null when the call leaves it to its default. */
export function findArgument(op: TracedOp, name: string): FoundArgument | null {
  const keyword = op.kwargs[name];
  if (keyword !== undefined) return { at: name, argument: keyword };
  const position = op.names.indexOf(name);
  const positional = position === -1 ? undefined : op.args[position];
  return positional === undefined ? null : { at: String(position), argument: positional };
}

/** The key under which an argument is exchanged: its position when it was given by position, else its name as a keyword. */
export function argumentKey(op: TracedOp, name: string): string {
  return findArgument(op, name)?.at ?? name;
}

/** The plain value of an argument; undefined when it is not given or is a tensor. Lists of plain values are lists. */
export function plainValue(op: TracedOp, name: string): unknown {
  const found = findArgument(op, name);
  return found === null ? undefined : readPlain(found.argument);
}

export function readPlain(argument: TracedArgument): unknown {
  if ("value" in argument) return argument.value;
  if ("list" in argument) return argument.list.map(readPlain);
  return undefined;
}

/** Every number that stands as an argument of its own in a call, with the key that exchanges it. */
export function numbersIn(op: TracedOp): { readonly at: string; readonly value: number }[] {
  const entries: [string, TracedArgument][] = [
    ...op.args.map((one, i): [string, TracedArgument] => [String(i), one]),
    ...Object.entries(op.kwargs),
  ];
  return entries.flatMap(([at, one]) =>
    "value" in one && typeof one.value === "number" ? [{ at, value: one.value }] : [],
  );
}

/** Ids of all tensors that a call reads, in order, those in lists included. */
export function tensorsIn(op: Pick<TracedOp, "args" | "kwargs">): string[] {
  const walk = (one: TracedArgument): string[] =>
    "tensor" in one ? [one.tensor] : "list" in one ? one.list.flatMap(walk) : [];
  return [...op.args, ...Object.values(op.kwargs)].flatMap(walk);
}

/** The op that gave a tensor; null for parameters, forced tensors and inputs. */
export function producerOf(situation: Situation, tensor: string): TracedOp | null {
  const origin = situation.tensors.get(tensor)?.origin;
  return origin?.kind === "op" ? (situation.ops[origin.op] ?? null) : null;
}

/** Ops of the trace that read a tensor. */
export function readersOf(situation: Situation, tensor: string): TracedOp[] {
  return situation.ops.filter((op) => tensorsIn(op).includes(tensor));
}

/** The parameter or buffer behind a tensor, through ops that only turn or reshape it; null when it is none. */
export function parameterBehind(situation: Situation, tensor: string): string | null {
  let at = tensor;
  for (;;) {
    const origin = situation.tensors.get(at)?.origin;
    if (origin?.kind === "parameter") return origin.name;
    const op = producerOf(situation, at);
    if (op === null || !TURNING.has(op.key.name)) return null;
    const next = tensorsIn(op)[0];
    if (next === undefined) return null;
    at = next;
  }
}

const TURNING: ReadonlySet<string> = new Set([
  "t",
  "T",
  "transpose",
  "permute",
  "contiguous",
  "view",
  "reshape",
  "unsqueeze",
  "squeeze",
  "expand",
  "to",
  "float",
  "chunk",
  "split",
  "getitem",
  "movedim",
  "mT",
]);

/** Suspects by function name. */
export function suspectsNamed(situation: Situation, ...names: readonly string[]): TracedOp[] {
  return situation.suspects.filter((op) => names.includes(op.key.name));
}

/** Patterns of one kind in the original's stretch. */
export function patternsOf<K extends Pattern["kind"]>(
  situation: Situation,
  kind: K,
): Extract<Pattern, { readonly kind: K }>[] {
  return situation.original.patterns.filter(
    (pattern): pattern is Extract<Pattern, { readonly kind: K }> => pattern.kind === kind,
  );
}

/** Ops of the original's stretch by op type. */
export function originalOps(situation: Situation, ...types: readonly string[]): OriginalOp[] {
  return situation.original.suspects.filter((op) => types.includes(op.op));
}

/** A line of the user's as messages name it: `model.py:33`; the module where there is none. */
export function placeOf(op: TracedOp): string {
  return op.source === null ? op.key.module || "the model" : `${op.source.file}:${op.source.line}`;
}
