import type { Edit, Expression, TracedOp } from "../../runners/edits.js";
import type { Pattern } from "../../tensorflow/evidence/types.js";
import { argument, call, editOp, original } from "../express.js";
import { propose, strongest } from "../layer/hypothesis.js";
import { axisSets, mapAxes } from "../layer/map-axes.js";
import { findNormCalls, type NormCall } from "../layer/norm-calls.js";
import { normalise } from "../layer/normalise.js";
import { inputOf, refer } from "../layer/refer.js";
import { numberPattern, rule, setKeyword } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { argumentKey, findArgument, patternsOf, plainValue, suspectsNamed, tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

type NormPattern = Extract<Pattern, { readonly kind: "normalisation" }>;

interface Wanted {
  readonly dims: readonly number[];
  readonly pattern: NormPattern | null;
}

const REDUCTIONS = ["mean", "var", "std", "var_mean", "std_mean", "sum", "norm", "linalg_norm", "linalg_vector_norm"];

/** Statistics over other axes or groups than the original's, centred or not where the original is not or is. */
export const seeNormAxis: SeeCause = (situation) =>
  strongest([
    ...findNormCalls(situation).flatMap((norm) => [...overAxes(situation, norm), ...inGroups(situation, norm)]),
    ...reducedTogether(situation),
    ...writtenGroups(situation),
  ]);

/** Dims that the norm of a call is over; null where they are not its own to choose. */
function ownDims(situation: Situation, { op, variant }: NormCall): readonly number[] | null {
  const rank = rankOf(situation, op);
  if (variant === "layer" || variant === "rms") {
    const shape = plainValue(op, "normalized_shape");
    const length = Array.isArray(shape) ? shape.length : 1;
    return Array.from({ length }, (_, i) => rank - length + i);
  }
  if (variant === "instance") return Array.from({ length: rank - 2 }, (_, i) => i + 2);
  if (variant !== "l2") return null;
  const dim = plainValue(op, "dim") ?? 1;
  return typeof dim === "number" ? [dim < 0 ? dim + rank : dim] : null;
}

/** Groups made by reshaping: [batch, channels, …] to [batch, groups, …] and back, with the normalisation written out between. */
function writtenGroups(situation: Situation): Hypothesis[] {
  const reshapes = suspectsNamed(situation, "reshape", "view", "unflatten", "flatten");
  const shapeOf = (tensor: string | undefined): readonly number[] => situation.tensors.get(tensor ?? "")?.shape ?? [];
  return patternsOf(situation, "normalisation").flatMap((pattern) => {
    const { groups } = pattern;
    if (groups === null) return [];
    return reshapes.flatMap((back, i) => {
      const shape = shapeOf(back.outputs[0]);
      const there = reshapes.slice(0, i).findLast((one) => shapeOf(inputOf(one) ?? "").join() === shape.join());
      const own = shapeOf(there?.outputs[0])[1];
      const x = there === undefined ? null : refer(situation, inputOf(there) ?? "", back);
      if (there === undefined || x === null || own === undefined || own === groups || (shape[1] ?? 0) % groups !== 0)
        return [];
      return [
        propose(situation, {
          cause: "norm-axis",
          source: there.source,
          message: `the original normalises ${shape[1]} channels in ${groups} group${groups === 1 ? "" : "s"} (${pattern.output}), the port in ${own} (${nameOf({ source: there.source, wrapper: null }, there)})`,
          edits: [editOp(back, call("F.group_norm", x, groups, null, null, pattern.epsilon?.value ?? 0))],
          change: `normalised in ${groups} groups`,
          fix: `x.reshape(batch, ${groups}, -1)`,
          prior: 0.88,
        }),
      ];
    });
  });
}

function overAxes(situation: Situation, norm: NormCall): Hypothesis[] {
  const own = ownDims(situation, norm);
  const input = inputOf(norm.op);
  if (own === null || input === null) return [];
  const shape = situation.tensors.get(input)?.shape ?? [];
  const centred = norm.variant === "layer" || norm.variant === "instance";
  const wanted = wantedDims(situation, input, shape.length);
  if (norm.variant === "l2")
    return wanted
      .filter(({ dims }) => dims.length === 1 && dims.join() !== own.join())
      .map((one) =>
        say(situation, norm.op, one, own, [
          editOp(norm.op, original({ [argumentKey(norm.op, "dim")]: one.dims[0] ?? 0 })),
        ]),
      );
  return wanted.flatMap((one) => {
    const centres = one.pattern === null ? [centred] : [one.pattern.variant !== "rms"];
    return centres.flatMap((centre) => {
      if (centre === centred && one.dims.join() === own.join()) return [];
      return weightPlaces(situation, norm.op, shape).map((placed) => {
        const value = normalise(argument(0), {
          dims: one.dims,
          centred: centre,
          epsilon: one.pattern?.epsilon?.value ?? norm.epsilon ?? 2 ** -23,
          placement: one.pattern?.placement ?? "inside",
          ...placed,
        });
        return say(situation, norm.op, one, own, [editOp(norm.op, value)], centre === centred ? undefined : centre);
      });
    });
  });
}

/** The axes that the original's graph names, else all that are usual. */
function wantedDims(situation: Situation, input: string, rank: number): Wanted[] {
  const seen = patternsOf(situation, "normalisation").flatMap((pattern): Wanted[] => {
    const dims = pattern.axes === null ? null : mapAxes(situation, pattern.axes, pattern.input, input);
    return dims === null || dims.length === 0 ? [] : [{ dims, pattern }];
  });
  return [...seen, ...axisSets(rank).map((dims) => ({ dims, pattern: null }))];
}

/** Weight and bias as arguments, along every axis that is as long as they are; as they are where they fit. */
function weightPlaces(
  situation: Situation,
  op: TracedOp,
  shape: readonly number[],
): { readonly weight: Expression | null; readonly bias: Expression | null }[] {
  const found = ["weight", "bias"].map((name) => {
    const one = findArgument(op, name)?.argument;
    return one !== undefined && "tensor" in one
      ? { name, shape: situation.tensors.get(one.tensor)?.shape ?? [] }
      : null;
  });
  const [weight, bias] = found;
  if (!weight && !bias) return [{ weight: null, bias: null }];
  const own = (weight ?? bias)?.shape ?? [];
  const place = (axis: number | null): { weight: Expression | null; bias: Expression | null } => {
    const view = (one: { name: string } | null | undefined): Expression | null => {
      if (!one) return null;
      const given = argument(argumentKey(op, one.name));
      return axis === null
        ? given
        : call(
            "torch.reshape",
            given,
            shape.map((size, i) => (i === axis ? size : 1)),
          );
    };
    return { weight: view(weight), bias: view(bias) };
  };
  const fitsAsIs = own.every((size, i) => size === shape[shape.length - own.length + i]);
  const axes = own.length === 1 ? shape.flatMap((size, axis) => (axis > 0 && size === own[0] ? [axis] : [])) : [];
  const along = axes.filter((axis) => !(fitsAsIs && axis === shape.length - 1));
  return [...(fitsAsIs ? [place(null)] : []), ...along.map(place)];
}

/** Another number of groups: 1 is a norm over everything of a case, as many as channels an instance norm. */
function inGroups(situation: Situation, { op, variant, epsilon }: NormCall): Hypothesis[] {
  if (variant !== "group" && variant !== "instance" && variant !== "layer") return [];
  const channels = situation.tensors.get(inputOf(op) ?? "")?.shape[1] ?? 0;
  const own = variant === "group" ? Number(plainValue(op, "num_groups")) : variant === "instance" ? channels : null;
  const weighted = ["weight", "bias"].map((name) => {
    const one = findArgument(op, name)?.argument;
    return one !== undefined && "tensor" in one ? argument(argumentKey(op, name)) : null;
  });
  const patterns = patternsOf(situation, "normalisation").filter((one) => one.groups !== null);
  const tried = patterns.length > 0 ? patterns.map((one) => one.groups ?? 1) : [1, 2, 4, 8, 16, 32, channels];
  return [...new Set(tried)]
    .filter(
      (groups) =>
        groups !== own && groups > 0 && channels % groups === 0 && (own !== null || rankOf(situation, op) === 4),
    )
    .map((groups) => {
      const at = writtenAt(situation, op);
      const value =
        variant === "group"
          ? original({ [argumentKey(op, "num_groups")]: groups })
          : call("F.group_norm", argument(0), groups, weighted[0] ?? null, weighted[1] ?? null, epsilon ?? 1e-5);
      return propose(situation, {
        cause: "norm-axis",
        source: at.source,
        message: `the original normalises ${channels} channels in ${groups} group${groups === 1 ? "" : "s"}${patterns[0] === undefined ? "" : ` (${patterns[0].output})`}, the port ${own === null ? "over the last axes" : `in ${own}`} (${nameOf(at, op)})`,
        edits: [editOp(op, value)],
        change: `group norm with ${groups} groups`,
        fix: `nn.GroupNorm(${groups}, ${channels})`,
        prior: patterns.length > 0 ? 0.9 : 0.35,
        rewrite:
          own === null
            ? null
            : rule(
                at.source,
                setKeyword("num_groups", String(groups)),
                { find: `(GroupNorm\\(\\s*)${own}(?=\\s*,)`, replace: `$1${groups}` },
                { find: numberPattern(own), replace: String(groups) },
              ),
      });
    });
}

/** Hand-written statistics: every mean, variance and sum over the same axes is taken over the others at once. */
function reducedTogether(situation: Situation): Hypothesis[] {
  const reductions = suspectsNamed(situation, ...REDUCTIONS).filter((op) => dimsOf(situation, op) !== null);
  const first = reductions[0];
  const input = first === undefined ? null : inputOf(first);
  if (first === undefined || input === null) return [];
  const own = dimsOf(situation, first) ?? [];
  const together = reductions.filter(
    (op) => dimsOf(situation, op)?.join() === own.join() && rankOf(situation, op) === rankOf(situation, first),
  );
  return wantedDims(situation, input, rankOf(situation, first))
    .filter(({ dims }) => dims.join() !== own.join())
    .map((one) => {
      const value = one.dims.length === 1 ? (one.dims[0] ?? 0) : [...one.dims];
      const edits = together.map((op): Edit => editOp(op, original({ [argumentKey(op, "dim")]: value })));
      return say(situation, first, one, own, edits);
    });
}

function dimsOf(situation: Situation, op: TracedOp): readonly number[] | null {
  const given = plainValue(op, "dim");
  const dims = Array.isArray(given) ? given : [given];
  const rank = rankOf(situation, op);
  return dims.every((one): one is number => typeof one === "number")
    ? dims.map((one) => (one < 0 ? one + rank : one)).sort((a, b) => a - b)
    : null;
}

function rankOf(situation: Situation, op: TracedOp): number {
  return situation.tensors.get(tensorsIn(op)[0] ?? "")?.shape.length ?? 0;
}

function say(
  situation: Situation,
  op: TracedOp,
  wanted: Wanted,
  own: readonly number[],
  edits: readonly Edit[],
  centre?: boolean,
): Hypothesis {
  const at = writtenAt(situation, op);
  const axes = (dims: readonly number[]): string => `${dims.length === 1 ? "axis" : "axes"} ${dims.join(", ")}`;
  const where = wanted.pattern === null ? "" : ` (${wanted.pattern.output})`;
  const written = wanted.dims.length === 1 ? String(wanted.dims[0]) : `(${wanted.dims.join(", ")})`;
  const message =
    centre === undefined
      ? `the original normalises over ${axes(wanted.dims)} of the port's tensor${where}, the port over ${axes(own)} (${nameOf(at, op)})`
      : centre
        ? `the original subtracts the mean${where}, the port's ${op.key.name} does not (${nameOf(at, op)})`
        : `the original divides by the root mean square and subtracts no mean${where}, the port's ${op.key.name} does (${nameOf(at, op)})`;
  return propose(situation, {
    cause: "norm-axis",
    source: at.source,
    message,
    edits,
    change: `normalised over ${axes(wanted.dims)}${centre === undefined ? "" : centre ? ", centred" : ", not centred"}`,
    fix:
      centre === false
        ? "x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight"
        : `x.mean(dim=${written}, keepdim=True)`,
    prior: wanted.pattern !== null ? 0.88 : 0.35,
    rewrite: rule(at.source, setKeyword("dim", written)),
  });
}
