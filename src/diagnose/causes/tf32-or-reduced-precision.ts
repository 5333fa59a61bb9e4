import type { Edit, TracedOp } from "../../runners/edits.js";
import { argument, call, editOp, original } from "../express.js";
import { type Cast, coarseningCasts } from "../layer/casts.js";
import { propose } from "../layer/hypothesis.js";
import { argumentHolding } from "../layer/refer.js";
import { ONE_ARGUMENT, rule } from "../layer/rewriting.js";
import { nameOf, writtenAt } from "../layer/written-at.js";
import type { SeeCause } from "../layer-causes.js";
import { tensorsIn } from "../look.js";
import type { Situation } from "../situation.js";
import type { Hypothesis } from "../types.js";

const HALF = /^b?float16$/;

/** Values that the port takes through 16 bits: by a cast, or by autocast around the layer. */
export const seeReducedPrecision: SeeCause = (situation) => [...throughCasts(situation), ...underAutocast(situation)];

function throughCasts(situation: Situation): Hypothesis[] {
  const casts = coarseningCasts(situation, (from, to) => /^float(?:32|64)$/.test(from) && HALF.test(to));
  // Kernels are cast as well as what they multiply: one alone leaves two types that do not go together.
  const groups = casts.length > 1 ? [casts, ...casts.map((one) => [one])] : casts.map((one) => [one]);
  return groups.flatMap((group, i) => {
    const [first] = group;
    return first === undefined ? [] : [leftOut(situation, group, first, 0.8 - 0.01 * i)];
  });
}

function leftOut(situation: Situation, group: readonly Cast[], first: Cast, prior: number): Hypothesis {
  const place = writtenAt(situation, first.op);
  const cast = `\\.${first.op.key.name}\\(\\s*(?:(?:dtype\\s*=\\s*)?torch\\.\\w+)?\\s*\\)`;
  return propose(situation, {
    cause: "tf32-or-reduced-precision",
    source: place.source,
    message: `the port computes in ${first.to} (${nameOf(place, first.op)}), the original in float32`,
    evidence: [`${group.length} cast${group.length === 1 ? "" : "s"} from ${first.from} to ${first.to} in the layer`],
    edits: group.map(({ op, at }): Edit => editOp(op, argument(at))),
    change: `left in ${first.from}`,
    fix: `# without the cast to ${first.to}`,
    prior,
    rewrite: rule(
      place.source,
      { find: `${cast}\\.float\\(\\)`, replace: "" },
      { find: `(${ONE_ARGUMENT})${cast}`, replace: "$1" },
    ),
  });
}

/** Under autocast a call gives 16 bits although all that it is given has 32; numbers in float64 are left alone there. */
function underAutocast(situation: Situation): Hypothesis[] {
  const concerned = situation.suspects.filter((op) => isCastWithin(situation, op));
  const [first] = concerned;
  if (first === undefined) return [];
  const place = writtenAt(situation, first);
  const [output = ""] = first.outputs;
  return [
    propose(situation, {
      cause: "tf32-or-reduced-precision",
      source: place.source,
      message: `${first.qualname} gives ${situation.tensors.get(output)?.dtype} from float32 (${nameOf(place, first)}): the port runs under autocast, the original in float32`,
      evidence: [`${concerned.length} calls of the layer give 16 bits though they are given 32`],
      edits: concerned.map((op): Edit => editOp(op, inDouble(situation, op))),
      change: "computed in full precision",
      fix: "with torch.autocast(device_type, enabled=False): …",
      prior: 0.8,
    }),
  ];
}

function isCastWithin(situation: Situation, op: TracedOp): boolean {
  const types = (ids: readonly string[]): string[] => ids.map((id) => situation.tensors.get(id)?.dtype ?? "");
  const given = types(tensorsIn(op)).filter((one) => /float/.test(one));
  return (
    given.length > 0 &&
    given.some((one) => one === "float32") &&
    types(op.outputs).some((one) => HALF.test(one)) &&
    !/^(?:to|type|half|bfloat16|type_as)$/.test(op.key.name)
  );
}

function inDouble(situation: Situation, op: TracedOp): ReturnType<typeof call> {
  const changed = Object.fromEntries(
    tensorsIn(op).flatMap((id) => {
      const at = argumentHolding(op, id);
      const isFloating = /float/.test(situation.tensors.get(id)?.dtype ?? "");
      return at !== null && isFloating ? [[at, call("Tensor.double", argument(at))]] : [];
    }),
  );
  return call("Tensor.float", original(changed));
}
