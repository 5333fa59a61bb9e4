import type { Expression, TracedOp } from "../../runners/edits.js";
import { argument, call, original, tensorOf } from "../express.js";
import { editsOf, propose } from "../layer/hypothesis.js";
import {
  type Bucketing,
  bucketOf,
  describeBucketing,
  fitBucketing,
  rowsByDistance,
} from "../layer/position-buckets.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { parameterBehind, tensorsIn } from "../look.js";
import type { Situation, TensorValue } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Distances up to this are written out for an experiment. */
const LONGEST = 4096;
/** Several numberings give the same rows for short inputs; so many are tried. */
const TRIED = 6;
const LOOKUP = /^(embedding|getitem|index_select|gather)$/;

/** A bias by relative position with the opposite sign, or by buckets that are not the original's. */
export const seeRelativePosition: SeeCause = (situation) =>
  situation.suspects.flatMap((op) => {
    const lookup = readLookup(situation, op);
    if (lookup === null) return [];
    const fitted = numberings(situation, lookup);
    return fitted.length > 0 ? fitted : [exchanged(situation, lookup)];
  });

interface Lookup {
  readonly op: TracedOp;
  /** Which argument holds the rows, a square matrix of integers. */
  readonly position: number;
  readonly size: number;
  readonly table: TensorValue | null;
}

function readLookup(situation: Situation, op: TracedOp): Lookup | null {
  if (!LOOKUP.test(op.key.name)) return null;
  const read = tensorsIn(op);
  const ids = read.find((id) => {
    const tensor = situation.tensors.get(id);
    const [rows, columns] = tensor?.shape ?? [];
    return /int/.test(tensor?.dtype ?? "") && tensor?.shape.length === 2 && rows === columns;
  });
  const position = op.args.findIndex((one) => "tensor" in one && one.tensor === ids);
  if (ids === undefined || position === -1) return null;
  const names = read.flatMap((id) => (id === ids ? [] : (parameterBehind(situation, id) ?? [])));
  const table = names[0] === undefined ? null : situation.parameterValue(names[0]);
  return { op, position, size: situation.tensors.get(ids)?.shape[0] ?? 0, table };
}

/** The rows that the original looks up, read off what it looked up, as a rule; the experiment looks up by that rule. */
function numberings(situation: Situation, { op, position, size, table }: Lookup): Hypothesis[] {
  const output = op.outputs[0];
  const own = output === undefined ? null : situation.value(output);
  if (table === null || table.shape.length !== 2 || own === null || size < 2) return [];
  const ours = rowsIn(own, table, size);
  const theirs = [situation.reference, ...situation.original.region.readable.map(situation.originalValue)]
    .map((value) => (value === null ? null : rowsIn(value, table, size)))
    .find((rows) => rows !== null);
  if (ours === null || theirs === null || theirs === undefined || same(ours, theirs)) return [];
  const constants = [...situation.original.region.constants.values()].flatMap((one) => one.values);
  const [rows = 0] = table.shape;
  const at = writtenAt(situation, op);
  return fitBucketing(theirs, rows, constants)
    .slice(0, TRIED)
    .map((how, i) =>
      propose(situation, {
        cause: "relative-position",
        message: `${contrast(how, portsNumbering(ours, rows, how))} (${nameOf(at, op)})`,
        evidence: [`the original looks up row ${[...theirs.values()].slice(0, 4).join(", ")}, … of ${rows}`],
        edits: editsOf(op, original({ [String(position)]: lookUp(how, position) })),
        change: `rows looked up by ${describeBucketing(how)}`,
        fix: fixFor(how),
        prior: 0.94 - 0.01 * i,
        source: at.source,
      }),
    );
}

/** Which row of the table stands at each pair of positions, [query, key, head] or [head, query, key]; null where none does. */
function rowsIn(value: TensorValue, table: TensorValue, size: number): ReadonlyMap<number, number> | null {
  const [rows = 0, heads = 0] = table.shape;
  const shape = value.shape.filter((one, i) => one !== 1 || i > value.shape.length - 3);
  if (value.data.length !== size * size * heads) return null;
  const last = shape.at(-1) === heads && shape.at(-2) === size;
  const first = shape[0] === heads && shape.at(-1) === size;
  if (!last && !first) return null;
  const at = (cell: number, head: number): number =>
    (last ? value.data[cell * heads + head] : value.data[head * size * size + cell]) ?? Number.NaN;
  const found = Array.from({ length: size * size }, (_, cell) => {
    for (let row = 0; row < rows; row++) {
      let agrees = true;
      for (let head = 0; agrees && head < heads; head++) agrees = table.data[row * heads + head] === at(cell, head);
      if (agrees) return row;
    }
    return -1;
  });
  return rowsByDistance(found, size);
}

function same(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  return [...a].every(([distance, row]) => b.get(distance) === row);
}

/** How the port numbers: of several that give its rows the one most like the original's. */
function portsNumbering(ours: ReadonlyMap<number, number>, rows: number, theirs: Bucketing): Bucketing | undefined {
  return fitBucketing(ours, rows, theirs.kind === "clipped" ? [] : [theirs.farthest])[0] ?? clippedShort(ours, rows);
}

/** A port that clips nearer than its table is long. */
function clippedShort(observed: ReadonlyMap<number, number>, rows: number): Bucketing | undefined {
  const middle = observed.get(0) ?? 0;
  const reach = Math.max(...observed.values()) - middle;
  const sign = (observed.get(1) ?? 0) > middle ? 1 : -1;
  const how: Bucketing = { kind: "clipped", sign, reach };
  const moved = [...observed].every(([distance, row]) => bucketOf(how, distance) - reach + middle === row);
  return moved && middle === Math.floor((rows - 1) / 2) ? how : undefined;
}

function contrast(theirs: Bucketing, ours: Bucketing | undefined): string {
  if (ours === undefined)
    return `the original numbers relative positions by ${describeBucketing(theirs)}, the port otherwise`;
  const opposite = bucketOf({ ...theirs, sign: theirs.sign === 1 ? -1 : 1 }, 1) === bucketOf(ours, 1);
  const onlySign = opposite && describeBucketing({ ...theirs, sign: ours.sign }) === describeBucketing(ours);
  if (onlySign) return "the port's relative positions have the opposite sign of the original's";
  return `the original numbers relative positions by ${describeBucketing(theirs)}, the port by ${describeBucketing(ours)}`;
}

/** The original's rows for the distances of this input: distances are made from the index itself, so that any length works. */
function lookUp(how: Bucketing, position: number): Expression {
  const ones = call("torch.ones_like", argument(position));
  const distance = call("torch.sub", call("torch.cumsum", ones, 1), call("torch.cumsum", ones, 0));
  const table = Array.from({ length: 2 * LONGEST + 1 }, (_, i) => bucketOf(how, i - LONGEST));
  return call("torch.take", tensorOf(table, "int64"), call("torch.add", distance, LONGEST));
}

function fixFor(how: Bucketing): string {
  const difference =
    how.sign === 1
      ? "key_positions[None, :] - query_positions[:, None]"
      : "query_positions[:, None] - key_positions[None, :]";
  if (how.kind === "clipped") return `rows = (${difference}).clamp(-${how.reach}, ${how.reach}) + ${how.reach}`;
  const direction = how.both ? "True" : "False";
  return `relative = ${difference}  # then buckets with bidirectional=${direction}, num_buckets=${how.buckets}, max_distance=${how.farthest}`;
}

/** Where the table or its rows cannot be read: query and key exchanged. */
function exchanged(situation: Situation, { op, position }: Lookup): Hypothesis {
  const at = writtenAt(situation, op);
  return propose(situation, {
    cause: "relative-position",
    message: `the port's relative positions have the opposite sign of the original's (${nameOf(at, op)})`,
    edits: editsOf(op, original({ [String(position)]: call("torch.transpose", argument(position), 0, 1) })),
    change: "query and key positions exchanged in the difference",
    fix: "relative = key_positions[None, :] - query_positions[:, None]",
    prior: 0.7,
    source: at.source,
  });
}
