import type { Expression } from "../../runners/edits.js";
import { argument, call, editOp, original, tensorOf } from "../express.js";
import { callsBefore } from "../layer/candidate-flow.js";
import { formatConstant } from "../layer/format-constant.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { argumentHolding } from "../layer/refer.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import { slicesAlong } from "../residual/constancy.js";
import { type Affine, fitAffine } from "../residual/fit.js";
import { nameConstant } from "../residual/known-constants.js";
import { pick, pickPermuted } from "../residual/samples.js";
import type { Situation, TensorValue } from "../situation.js";
import type { Hypothesis } from "../types.js";

const SAME_LINE = 2e-5;
const PREPARED: ReadonlySet<string> = new Set(["conv1d", "conv2d", "conv3d", "linear", "matmul", "einsum", "pad"]);

/** The first layer is fed the input normalised in another way: an affine map of each channel leads from one to the other. */
export const seeInputNormalisation: SeeCause = (situation) =>
  strongest(
    situation.suspects
      .filter((op) => PREPARED.has(op.key.name))
      .flatMap((op) => {
        const tensor = tensorsIn(op)[0];
        const value = tensor === undefined ? null : situation.value(tensor);
        const key = tensor === undefined ? null : argumentHolding(op, tensor);
        if (tensor === undefined || value === null || key === null || !comesFromInput(situation, tensor)) return [];
        return feeds(situation).flatMap((theirs): Hypothesis[] => {
          const found = relate(situation, value, theirs);
          if (found === null) return [];
          const at = { ...writtenAt(situation, op), source: op.source };
          const mapped = map(argument(key), found, value.shape);
          const before = callsBefore(situation, op, 3).length > 0;
          return [
            propose(situation, {
              cause: "input-normalisation",
              source: op.source,
              message: `the original feeds ${describe(found)} of what the port feeds to ${op.key.module || op.key.name} (${nameOf(at, op)})`,
              evidence: [
                `${theirs.name} is an affine map of the port's ${before ? "prepared input" : "input"}, ${found.axis === null ? "the same for all channels" : "one for each channel"}`,
              ],
              edits: [editOp(op, original({ [key]: mapped }))],
              change: `the input mapped by ${describe(found)}`,
              fix: code(found, value.shape),
              prior: 0.9,
            }),
          ];
        });
      }),
  );

/** Every tensor is looked at once: through an unrolled recurrence there are more ways than can be walked. */
function comesFromInput(situation: Situation, tensor: string): boolean {
  const stack = [tensor];
  const seen = new Set<string>();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const origin = situation.tensors.get(id)?.origin;
    if (origin?.kind === "input") return true;
    const maker = origin?.kind === "op" ? situation.ops[origin.op] : undefined;
    if (maker !== undefined) stack.push(...tensorsIn(maker));
  }
  return false;
}

/** Tensors of the original that its weighted ops read. */
function feeds(situation: Situation): { readonly name: string; readonly value: TensorValue }[] {
  const names = situation.original.region.ops
    .filter((op) => /^(Conv|DepthwiseConv|MatMul|BatchMatMul|Einsum|Pad)/.test(op.op))
    .flatMap((op) => op.inputs[0] ?? []);
  return [...new Set(names)].flatMap((name) => {
    const value = situation.originalValue(name);
    return value === null ? [] : [{ name, value }];
  });
}

interface Related {
  /** Axis of the channels, null when one map does for all. */
  readonly axis: number | null;
  readonly maps: readonly Affine[];
}

function relate(situation: Situation, own: TensorValue, { value }: { readonly value: TensorValue }): Related | null {
  if (own.data.length !== value.data.length) return null;
  const all = Array.from({ length: own.data.length }, (_, i) => i);
  const orders = [null, situation.layer.layout.permute, [0, 3, 1, 2], [0, 2, 1]].filter(
    (order) =>
      order === null ||
      (order.length === value.shape.length && order.every((axis, i) => value.shape[axis] === own.shape[i])),
  );
  for (const order of orders) {
    const theirs = order === null ? pick(value, all) : pickPermuted(value, order, all);
    const whole = fitAffine(own.data, theirs);
    if (whole !== null && whole.misfit <= SAME_LINE) return isIdentity(whole) ? null : { axis: null, maps: [whole] };
    for (const axis of [1, own.shape.length - 1]) {
      const maps = slicesAlong(own.shape, axis).map((flat) =>
        fitAffine(
          flat.map((i) => own.data[i] ?? 0),
          flat.map((i) => theirs[i] ?? 0),
        ),
      );
      if (
        maps.length > 1 &&
        maps.length <= 64 &&
        maps.every((one): one is Affine => one !== null && one.misfit <= SAME_LINE)
      )
        return { axis, maps };
    }
  }
  return null;
}

function isIdentity({ scale, shift }: Affine): boolean {
  return Math.abs(scale - 1) < 1e-6 && Math.abs(shift) < 1e-6;
}

/** Least squares over float32 values gives some six digits; a named constant gives them all. */
function exact(value: number): number {
  const named = nameConstant(value, []);
  const table: Readonly<Record<string, number>> = { "1/255": 1 / 255, "1/127.5": 1 / 127.5 };
  if (named !== null && table[named] !== undefined) return table[named];
  const short = Number(value.toPrecision(4));
  return Math.abs(short - value) <= 3e-7 * Math.max(1, Math.abs(value)) ? short : Number(value.toPrecision(7));
}

function map(x: Expression, { axis, maps }: Related, shape: readonly number[]): Expression {
  const along = (values: readonly number[]): Expression =>
    axis === null
      ? (values[0] ?? 0)
      : call(
          "torch.reshape",
          tensorOf(values),
          shape.slice(axis).map((size, i) => (i === 0 ? size : 1)),
        );
  return call(
    "torch.add",
    call("torch.mul", x, along(maps.map((one) => exact(one.scale)))),
    along(maps.map((one) => exact(one.shift))),
  );
}

function describe({ axis, maps }: Related): string {
  const one = (scale: number, shift: number): string => {
    const factor = nameConstant(scale, []) ?? formatConstant(exact(scale));
    const term = exact(shift);
    return `x · ${factor}${term === 0 ? "" : term > 0 ? ` + ${formatConstant(term)}` : ` − ${formatConstant(-term)}`}`;
  };
  return axis === null
    ? maps.map((each) => one(each.scale, each.shift)).join("")
    : maps.map((each, i) => `${one(each.scale, each.shift)} (channel ${i})`).join(", ");
}

function code({ axis, maps }: Related, shape: readonly number[]): string {
  const list = (values: readonly number[]): string =>
    axis === null
      ? formatConstant(values[0] ?? 0)
      : `torch.tensor([${values.map(formatConstant).join(", ")}]).view(${shape
          .slice(axis)
          .map((size, i) => (i === 0 ? size : 1))
          .join(", ")})`;
  const shifts = maps.map((one) => exact(one.shift));
  const scaled = `x * ${list(maps.map((one) => exact(one.scale)))}`;
  return shifts.every((shift) => shift === 0) ? `x = ${scaled}` : `x = ${scaled} + ${list(shifts)}`;
}
