import type { TracedArgument, TracedOp } from "../runners/edits.js";
import { placeOf, tensorsIn } from "./look.js";
import type { Situation } from "./situation.js";

/** The calls of a layer as Python, and what they read. Tensors stand in a dictionary `t` under the given names. */
export interface Replay {
  /** One call per line, in order of execution. */
  readonly lines: readonly string[];
  /** What must be in `t` before: tensor of the trace → name. Parameters are named as the model names them, taps by their id. */
  readonly loads: ReadonlyMap<string, string>;
  /** Name of the layer's own output in `t`; null when the calls cannot be written down. */
  readonly output: string | null;
}

/** Attributes of a tensor: read, not called. */
const ATTRIBUTES: ReadonlySet<string> = new Set(["T", "H", "mT", "mH", "real", "imag", "data"]);

/**
 * Writes the calls from which the difference can come as Python lines. What cannot be repeated by a plain call (it writes in
 * place, or was given what no text can hold) is not called: what it gave is loaded instead.
 *
 * @param isStored whether the values of a tensor of the trace, or of a parameter, are there to be loaded
 */
export function replay(situation: Situation, isStored: (tensor: string) => boolean): Replay {
  const { trace, tensors, suspects } = situation;
  const ops = suspects.length > 0 ? suspects : situation.ops;
  const made = new Set<string>();
  const loads = new Map<string, string>();
  const nameOf = makeNames(situation);
  const has = (id: string): boolean => made.has(id) || isStored(id);
  const lines = ops.flatMap((op) => {
    const call = isPlain(op) && tensorsIn(op).every(has) ? writeCall(op, (id) => `t[${quote(nameOf(id))}]`) : null;
    if (call === null) {
      for (const id of op.outputs) if (isStored(id)) loads.set(id, nameOf(id));
      return [];
    }
    for (const id of tensorsIn(op)) if (!made.has(id)) loads.set(id, nameOf(id));
    for (const id of op.outputs) made.add(id);
    const targets = op.outputs.map((id) => `t[${quote(nameOf(id))}]`).join(", ");
    return [`${targets} = ${call}  # ${oneLine(placeOf(op))}`];
  });
  const observed = trace.observed;
  const known = observed !== null && tensors.has(observed) && (made.has(observed) || loads.has(observed));
  return { lines, loads, output: known && observed !== null ? nameOf(observed) : null };
}

/** Only calls whose results are new tensors can be made again from what is stored. */
function isPlain(op: TracedOp): boolean {
  const raw = op.qualname.split(".").at(-1) ?? "";
  const writes = /^__i[a-z]+__$/.test(raw) || /[^_]_$/.test(raw) || raw === "__setitem__" || "out" in op.kwargs;
  const inplace = op.kwargs.inplace;
  const position = op.names.indexOf("inplace");
  const given = inplace ?? (position === -1 ? undefined : op.args[position]);
  const isInPlace = given !== undefined && "value" in given && given.value === true;
  return !writes && !isInPlace && op.outputs.length > 0 && /^torch(?:\.\w+)+$/.test(op.qualname);
}

function writeCall(op: TracedOp, tensor: (id: string) => string): string | null {
  const args = op.args.map((one) => writeArgument(one, tensor));
  const kwargs = Object.entries(op.kwargs)
    .filter(([name]) => name !== "reversed")
    .map(([name, one]) => {
      const text = writeArgument(one, tensor);
      return text === null || !/^\w+$/.test(name) ? null : `${name}=${text}`;
    });
  const all = [...args, ...kwargs];
  if (all.some((one) => one === null)) return null;
  const name = op.qualname.split(".").at(-1) ?? "";
  if (op.qualname.startsWith("torch.Tensor.") && ATTRIBUTES.has(name)) return `${args[0]}.${name}`;
  return `${op.qualname}(${all.join(", ")})`;
}

function writeArgument(one: TracedArgument, tensor: (id: string) => string): string | null {
  if ("tensor" in one) return tensor(one.tensor);
  if ("value" in one) return writeValue(one.value);
  if ("list" in one) {
    const parts = one.list.map((part) => writeArgument(part, tensor));
    return parts.some((part) => part === null) ? null : `(${parts.join(", ")}${parts.length === 1 ? "," : ""})`;
  }
  if (/^-?inf$|^nan$/.test(one.other)) return `float("${one.other}")`;
  if (/^torch\.\w+$/.test(one.other) || one.other === "Ellipsis") return one.other;
  if (/^slice\([-\dNone, ]+\)$/.test(one.other)) return one.other;
  return one.other === "cpu" ? '"cpu"' : null;
}

function writeValue(value: number | string | boolean | null): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? quote(value) : String(value);
}

function makeNames(situation: Situation): (id: string) => string {
  const taken = new Set<string>(["original", "candidate"]);
  const names = new Map<string, string>();
  return (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const origin = situation.tensors.get(id)?.origin;
    const wanted =
      origin?.kind === "parameter" || origin?.kind === "input" ? origin.name : origin?.kind === "tap" ? origin.tap : id;
    const name = taken.has(wanted) ? `${wanted} ${id}` : wanted;
    taken.add(name);
    names.set(id, name);
    return name;
  };
}

/** A text as Python and JSON both write it. */
function quote(text: string): string {
  return JSON.stringify(text);
}

/** Text that stays in its comment. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, "?");
}
