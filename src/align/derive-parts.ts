import { bestOrOnly, likeness } from "./likeness.js";
import type { Scored } from "./mutual-best.js";
import { readingsAmong } from "./readings.js";
import type { DerivedAssignment, DerivedVariable, Recipe } from "./recipe.js";
import { sameSizes } from "./relate-shapes.js";
import { type Token, tokenize } from "./tokens.js";
import type { CandidateParameter, ReferenceVariable } from "./types.js";

const FUSED: readonly Token[] = ["query", "key", "value"];

type Role = "weight" | "bias";

/** A kernel [in, out] or bias [out] as this room sees either side's. */
interface Part<T> {
  readonly one: T;
  readonly role: Role;
  readonly inputs: number | null;
  readonly outputs: number;
  /** The layer above its own: `h.0.attn` of `h.0.attn.q.weight`. */
  readonly parent: string;
  /** 0, 1, 2 for names with query, key, value; null for others. */
  readonly place: number | null;
}

/**
 * Parameters that are pieces of one variable (a fused kernel whose columns are three layers' of the port), variables that
 * are pieces of one parameter (query, key and value of nn.MultiheadAttention's `in_proj_weight`), and kernels with an axis
 * for the heads, which the port has merged. Only what is still without a partner on either side is looked at.
 */
export function deriveParts(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const found: DerivedAssignment[] = [];
  const stage = (derive: typeof splitVariables): void => {
    const open = parameters.filter((one) => !found.some((other) => other.parameter === one.name));
    const used = new Set(found.flatMap((one) => one.derived?.parts ?? [one.key]));
    found.push(
      ...derive(
        open,
        variables.filter((one) => !used.has(one.key)),
      ),
    );
  };
  stage(joinVariables);
  stage(splitVariables);
  stage(mergeHeads);
  stage(cutRows);
  return found;
}

function roleOf(name: string): Role {
  return /(^|[./_])(bias|biases|b|beta)(_\w+)?$/.test(name.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, "")) ||
    name.endsWith("bias")
    ? "bias"
    : "weight";
}

function placeOf(name: string): number | null {
  const places = FUSED.flatMap((word, i) => (tokenize(name).includes(word) ? [i] : []));
  return places.length === 1 ? (places[0] ?? null) : null;
}

/** `h.0.attn.q.weight` → `h.0.attn`. */
function parentOf(name: string, separator: string): string {
  return name.split(separator).slice(0, -2).join(separator);
}

function ownOf(name: string, separator: string): string {
  return name.split(separator).slice(0, -1).join(separator);
}

function plain(shape: readonly number[], rank: number): readonly number[] {
  const surplus = Math.max(0, shape.length - rank);
  const ones = shape.flatMap((size, axis) => (size === 1 ? [axis] : [])).slice(0, surplus);
  return shape.filter((_, axis) => !ones.includes(axis));
}

/** Two axes at most; torch's linear layers hold [out, in], and of what is not known the size that `inputs` names tells. */
function portParts(parameters: readonly CandidateParameter[], inputs: number | null): Part<CandidateParameter>[] {
  return parameters.flatMap((one): Part<CandidateParameter>[] => {
    const head = { one, role: roleOf(one.name), parent: parentOf(one.name, "."), place: placeOf(one.name) };
    const [first = 0, second = 0] = one.shape;
    if (one.shape.length === 1) return inputs === null ? [{ ...head, inputs: null, outputs: first }] : [];
    if (one.shape.length !== 2 || inputs === null) return [];
    const keepsOrder = one.expectedLayout === "conv1d" || one.expectedLayout === "embedding";
    if (!keepsOrder && second === inputs) return [{ ...head, inputs, outputs: first }];
    return one.expectedLayout !== "linear" && first === inputs ? [{ ...head, inputs, outputs: second }] : [];
  });
}

/** One fused variable, several parameters of the port. */
function splitVariables(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const readings = readingsAmong(
    variables.map((one) => one.key),
    parameters.map((one) => one.name),
  );
  type Group = { readonly parent: string; readonly parts: readonly Part<CandidateParameter>[] };
  const groups = new Map<string, Group>();
  const scored: Scored<Group, ReferenceVariable>[] = [];
  for (const variable of variables) {
    const shape = plain(variable.shape, 2);
    const isVector = plain(variable.shape, 1).length === 1;
    if (shape.length > 2 || variable.shape.length === 0) continue;
    const inputs = isVector ? null : (shape[0] ?? 0);
    const columns = isVector ? (plain(variable.shape, 1)[0] ?? 0) : (shape[1] ?? 0);
    const role = roleOf(variable.key);
    const byParent = new Map<string, Part<CandidateParameter>[]>();
    for (const part of portParts(parameters, inputs)) {
      if (part.role === role) byParent.set(part.parent, [...(byParent.get(part.parent) ?? []), part]);
    }
    for (const [parent, parts] of byParent) {
      const chosen = fillingParts(parts, columns);
      if (chosen === null) continue;
      const id = chosen.map((part) => part.one.name).join();
      const group = groups.get(id) ?? { parent, parts: chosen };
      groups.set(id, group);
      const score = likeness(parent, readings(ownOf(variable.key, "/")));
      scored.push({ a: group, b: variable, score });
    }
  }
  return bestOrOnly(scored).flatMap(({ a, b }) => {
    let start = 0;
    return a.parts.map((part): DerivedAssignment => {
      const range = `${start}:${start + part.outputs}`;
      const axis = part.inputs === null ? 0 : 1;
      const shape = part.inputs === null ? [part.outputs] : [part.inputs, part.outputs];
      const whole = shaped(b, axis === 0 ? [sum(a.parts)] : [part.inputs ?? 1, sum(a.parts)]);
      const recipe: Recipe = { kind: "slice", of: whole, axis, start, length: part.outputs };
      start += part.outputs;
      return derived(part.one.name, {
        key: `${b.key}[${axis === 0 ? "" : ":, "}${range}]`,
        shape,
        parts: [b.key],
        recipe,
      });
    });
  });
}

/** Those of a layer's parameters that together have so many outputs: by the names query, key, value, else all of them. */
function fillingParts<T>(parts: readonly Part<T>[], outputs: number): Part<T>[] | null {
  const named = parts.filter((part) => part.place !== null).sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
  const distinct = new Set(named.map((part) => part.place)).size === named.length;
  if (named.length > 1 && distinct && sum(named) === outputs) return named;
  return parts.length > 1 && sum(parts) === outputs ? [...parts] : null;
}

function sum<T>(parts: readonly Part<T>[]): number {
  return parts.reduce((total, part) => total + part.outputs, 0);
}

function shaped(variable: ReferenceVariable, shape: readonly number[]): Recipe {
  const own: Recipe = { kind: "variable", key: variable.key };
  return variable.shape.join() === shape.join() ? own : { kind: "reshape", of: own, shape };
}

/** Several variables named query, key, value; one parameter of the port. Keras has an axis for the heads: [in, heads, size]. */
function joinVariables(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const readings = readingsAmong(
    variables.map((one) => one.key),
    parameters.map((one) => one.name),
  );
  const byParent = new Map<string, Part<ReferenceVariable>[]>();
  for (const one of variables) {
    const key = one.key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, "");
    const place = placeOf(key.split("/").slice(-2).join("/"));
    const role = roleOf(key);
    const [first = 1, ...rest] = one.shape;
    if (place === null || rest.length > 2) continue;
    const product = rest.reduce((a, b) => a * b, 1);
    const part: Part<ReferenceVariable> = {
      one,
      role,
      place,
      parent: parentOf(key, "/"),
      inputs: role === "weight" ? first : null,
      outputs: role === "weight" ? product : first * product,
    };
    const id = `${role} ${part.parent}`;
    byParent.set(id, [...(byParent.get(id) ?? []), part]);
  }
  const scored = [...byParent.values()].flatMap((parts): Scored<CandidateParameter, Part<ReferenceVariable>[]>[] => {
    const sorted = parts.sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
    const first = sorted[0];
    const distinct = new Set(sorted.map((part) => part.place)).size === sorted.length;
    if (first === undefined || sorted.length < 2 || !distinct) return [];
    if (sorted.some((part) => part.inputs !== first.inputs)) return [];
    return portParts(parameters, first.inputs).flatMap((port) =>
      port.role === first.role && port.outputs === sum(sorted)
        ? [{ a: port.one, b: sorted, score: likeness(ownOf(port.one.name, "."), readings(first.parent)) }]
        : [],
    );
  });
  return bestOrOnly(scored).map(({ a, b }) => {
    const [first] = b;
    const inputs = first?.inputs ?? null;
    const names = b.map((part) => part.one.key.slice((first?.parent.length ?? 0) + 1));
    return derived(a.name, {
      key: `${first?.parent}/{${names.join(", ")}}`,
      shape: inputs === null ? [sum(b)] : [inputs, sum(b)],
      parts: b.map((part) => part.one.key),
      recipe: {
        kind: "concat",
        axis: inputs === null ? 0 : 1,
        of: b.map((part) => shaped(part.one, inputs === null ? [part.outputs] : [inputs, part.outputs])),
      },
    });
  });
}

/** Kernels with heads and size of a head apart, [in, heads, size] or [heads, size, out], for a matrix of the port. */
function mergeHeads(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const readings = readingsAmong(
    variables.map((one) => one.key),
    parameters.map((one) => one.name),
  );
  const scored = parameters.flatMap((a) =>
    variables.flatMap((b) => {
      const fits = mergedShapes(b.shape).filter((shape) => sameSizes(shape, a.shape));
      const shape = fits[0];
      if (shape === undefined || fits.length > 1 || roleOf(a.name) !== roleOf(b.key)) return [];
      return [{ a, b: { variable: b, shape }, score: likeness(ownOf(a.name, "."), readings(ownOf(b.key, "/"))) }];
    }),
  );
  const shapes = new Map<ReferenceVariable, { readonly variable: ReferenceVariable; readonly shape: number[] }>();
  const unique = scored.map((one) => {
    const b = shapes.get(one.b.variable) ?? one.b;
    shapes.set(one.b.variable, b);
    return { ...one, b };
  });
  return bestOrOnly(unique).map(({ a, b: { variable, shape } }) =>
    derived(a.name, {
      key: `${variable.key} as [${shape.join(", ")}]`,
      shape,
      parts: [variable.key],
      recipe: shaped(variable, shape),
    }),
  );
}

/** Two neighbouring axes of three made one; both of two. */
function mergedShapes(shape: readonly number[]): number[][] {
  const [a = 1, b = 1, c = 1] = shape;
  if (shape.includes(1)) return [];
  if (shape.length === 2) return [[a * b]];
  return shape.length === 3
    ? [
        [a * b, c],
        [a, b * c],
      ]
    : [];
}

/** Tables of which the port has only the first rows. */
function cutRows(
  parameters: readonly CandidateParameter[],
  variables: readonly ReferenceVariable[],
): DerivedAssignment[] {
  const readings = readingsAmong(
    variables.map((one) => one.key),
    parameters.map((one) => one.name),
  );
  const scored = parameters.flatMap((a) =>
    variables.flatMap((b): Scored<CandidateParameter, ReferenceVariable>[] => {
      const [rows = 0, width = 0] = a.shape;
      const isTable = a.expectedLayout === "embedding" && a.shape.length === 2 && b.shape.length === 2;
      if (!isTable || width !== b.shape[1] || rows === b.shape[0]) return [];
      return [{ a, b, score: likeness(ownOf(a.name, "."), [...readings(ownOf(b.key, "/")), ...readings(b.key)]) }];
    }),
  );
  return bestOrOnly(scored).map(({ a, b }) => {
    const [rows = 0, width = 0] = a.shape;
    const have = b.shape[0] ?? 0;
    const table: Recipe = { kind: "variable", key: b.key };
    const longer = rows > have;
    return derived(a.name, {
      key: longer ? `${b.key} and ${rows - have} rows of 0` : `${b.key}[:${rows}]`,
      shape: [rows, width],
      parts: [b.key],
      recipe: longer
        ? { kind: "concat", axis: 0, of: [table, { kind: "zeros", shape: [rows - have, width] }] }
        : { kind: "slice", of: table, axis: 0, start: 0, length: rows },
    });
  });
}

function derived(parameter: string, variable: DerivedVariable): DerivedAssignment {
  return { parameter, key: variable.key, derived: variable, shared: null, notConvertible: null };
}
