import type { Expression, TracedOp } from "../../runners/edits.js";
import type { OriginalOp } from "../../tensorflow/evidence/types.js";
import { argument, call, editOp, original, self } from "../express.js";
import { findLengths, reaches } from "../layer/find-lengths.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { type Place, placesOf } from "../layer/places.js";
import { proposeMissing } from "../layer/propose-missing.js";
import { argumentHolding, inputOf, referFromAnywhere } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { suspectsNamed } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

interface SequenceOp {
  readonly title: string;
  readonly node: string;
  readonly f: (x: Expression, axis: number) => Expression;
  readonly fix: string;
}

/** Sequences reversed for a backward cell, up to their lengths, and the steps after their end set to zero. */
export const seeSequenceOps: SeeCause = (situation) => {
  const ops = wantedOps(situation);
  if (ops.length === 0) return [];
  const places = [...placesOf(situation), ...inputPlaces(situation), ...joinedPlaces(situation)];
  return strongest(
    [
      ...ops.flatMap((op) =>
        places.flatMap((place) => axesOf(situation, place).map((axis) => missing(situation, place, op, axis))),
      ),
      ...ops.flatMap((op) => insteadOfFlip(situation, op)),
    ],
    32,
  );
};

function wantedOps(situation: Situation): SequenceOp[] {
  const lengths = findLengths(situation);
  const reversed = readers(situation, "ReverseV2", "Reverse").map(
    (op): SequenceOp => ({
      title: "a reversal of the sequence",
      node: op.node,
      f: (x, axis) => call("torch.flip", x, [axis]),
      fix: "x.flip(1)  # batch first: axis 1 is time",
    }),
  );
  if (lengths === null) return reversed.slice(0, 1);
  const within = readers(situation, "ReverseSequence").map(
    (op): SequenceOp => ({
      title: "a reversal of each sequence within its length",
      node: op.node,
      f: (x, axis) => call("parity.reverse_sequence", x, lengths.value, axis, 1 - axis),
      fix: "pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)  # or reverse by lengths: index = where(t < n, n - 1 - t, t)",
    }),
  );
  const masked = situation.original.region.ops
    .filter((op) => op.op === "Less" && reaches(situation, op.inputs, lengths.tensor))
    .map(
      (op): SequenceOp => ({
        title: "a mask of the steps after each sequence's end",
        node: op.node,
        f: (x, axis) => call("parity.mask_sequence", x, lengths.value, axis, 1 - axis),
        fix: "x * (torch.arange(x.shape[1]) < lengths[:, None]).unsqueeze(-1)",
      }),
    );
  return [...reversed.slice(0, 1), ...within.slice(0, 1), ...masked.slice(0, 1)];
}

/** Steps of a reversed sequence agree with those of the plain one, so that the reversal itself need not be a suspect. */
function readers(situation: Situation, ...types: readonly string[]): OriginalOp[] {
  return situation.original.region.ops.filter((op) => types.includes(op.op));
}

/** What the layer is given. */
function inputPlaces(situation: Situation): Place[] {
  const { layer, suspects } = situation;
  const op = suspects.find((one) => one.key.module === layer.module) ?? null;
  if (layer.isOutput || layer.module === "" || op === null) return [];
  const edit: Place["edit"] = (f) => [
    { kind: "input", module: layer.module, call: op.key.call, at: 0, value: f(self) },
  ];
  return [{ op, where: `of what ${layer.module} is given`, edit, tensor: situation.trace.observed }];
}

/** Batch and time are the first two axes, in either order. */
function axesOf(situation: Situation, place: Place): number[] {
  const shape = situation.tensors.get(place.tensor ?? "")?.shape ?? [];
  return shape.length < 3 ? [] : [1, 0].filter((axis) => (shape[axis] ?? 1) > 1);
}

/** Parts of what is joined: the two directions of a bidirectional layer. */
function joinedPlaces(situation: Situation): Place[] {
  return suspectsNamed(situation, "cat", "concat").flatMap((op) =>
    op.args.flatMap((one, at): Place[] => {
      if (!("list" in one)) return [];
      const parts = one.list.map((part) => ("tensor" in part ? part.tensor : null));
      const values = parts.map((part) => (part === null ? null : referFromAnywhere(situation, part, op)));
      if (values.includes(null)) return [];
      return parts.map((tensor, i) => ({
        op,
        where: `of part ${i} of what ${op.key.name} is given`,
        edit: (f) => [
          editOp(
            op,
            original({ [String(at)]: values.map((value, j) => (i === j && value !== null ? f(value) : value)) }),
          ),
        ],
        tensor,
      }));
    }),
  );
}

function missing(situation: Situation, place: Place, { title, node, f, fix }: SequenceOp, axis: number): Hypothesis {
  const lacking = {
    cause: "missing-op",
    title,
    node,
    f: (x: Expression) => f(x, axis),
    fix,
    prior: axis === 1 ? 0.58 : 0.56,
  } as const;
  return proposeMissing(situation, place, lacking);
}

/** The port turns whole sequences, padding included, where the original keeps to their lengths. */
function insteadOfFlip(situation: Situation, wanted: SequenceOp): Hypothesis[] {
  return suspectsNamed(situation, "flip", "flipud").flatMap((op: TracedOp) => {
    const input = inputOf(op);
    const key = input === null ? null : argumentHolding(op, input);
    if (key === null || !wanted.title.includes("length")) return [];
    const at = writtenAt(situation, op);
    return [1, 0].map((axis) =>
      propose(situation, {
        cause: "missing-op",
        source: at.source,
        message: `the original computes ${wanted.title} (${wanted.node}), the port reverses the padding with it (${nameOf(at, op)})`,
        evidence: ["only rows that are padded differ when the lengths are not respected"],
        edits: [editOp(op, wanted.f(argument(key), axis))],
        change: `flip replaced by ${wanted.title}`,
        fix: wanted.fix,
        prior: axis === 1 ? 0.75 : 0.7,
      }),
    );
  });
}
