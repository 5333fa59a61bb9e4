import type { Expression } from "../../runners/edits.js";
import { call } from "../express.js";
import { formatConstant } from "../layer/format-constant.js";
import { strongest } from "../layer/hypothesis.js";
import { findNormCalls, findWrittenEpsilons } from "../layer/norm-calls.js";
import { channelAxes, normaliser } from "../layer/original-norm.js";
import { placesOf } from "../layer/places.js";
import { proposeMissing } from "../layer/propose-missing.js";
import type { SeeCause } from "../layer-causes.js";
import { patternsOf } from "../look.js";
import { relativeDistance } from "../residual/fit.js";
import { pick, pickPermuted, sampleIndices } from "../residual/samples.js";
import type { Situation, TensorValue } from "../situation.js";
import type { Hypothesis } from "../types.js";

/** Something that the original computes and the port does not: a normalisation with its weights, a transposition, a softmax. A missing activation is activation-function. */
export const seeMissingOp: SeeCause = (situation) =>
  strongest([...normalisations(situation), ...pools(situation), ...transposed(situation), ...softmaxes(situation)], 20);

/** A normalisation of the original with its weights, where the port has none left for it. */
function normalisations(situation: Situation): Hypothesis[] {
  const own = findNormCalls(situation).length + (findWrittenEpsilons(situation).length > 0 ? 1 : 0);
  const patterns = patternsOf(situation, "normalisation");
  if (own >= patterns.length) return [];
  return patterns.flatMap((pattern) =>
    placesOf(situation).flatMap((place) => {
      const shape = situation.tensors.get(place.tensor ?? "")?.shape ?? situation.candidate.shape;
      return channelAxes(pattern, situation, shape).flatMap((axis) => {
        const f = normaliser(situation, pattern, shape, axis);
        if (f === null) return [];
        return [
          proposeMissing(situation, place, {
            cause: "missing-op",
            title: `a ${pattern.variant} normalisation`,
            node: pattern.output,
            f,
            fix: `# the original's ${pattern.variant} norm with ${[pattern.scale, pattern.offset].filter(Boolean).join(" and ") || "no weights"}, ε ${formatConstant(pattern.epsilon?.value ?? 0)}`,
            prior: 0.6,
          }),
        ];
      });
    }),
  );
}

/** A pooling that keeps the size of its map: a port without it runs all the same. */
function pools(situation: Situation): Hypothesis[] {
  const own = situation.suspects.filter((op) => /(max|avg)_pool\dd/.test(op.key.name)).length;
  const patterns = patternsOf(situation, "pool").filter((one) => one.strides.every((stride) => stride === 1));
  if (own >= patternsOf(situation, "pool").length) return [];
  return patterns.flatMap((pattern) =>
    placesOf(situation)
      .filter(({ tensor }) => (situation.tensors.get(tensor ?? "")?.shape ?? []).length === pattern.size.length + 2)
      .map((place) => {
        const form = pattern.type === "max" ? "parity.max_pool_same" : "parity.avg_pool_same";
        return proposeMissing(situation, place, {
          cause: "missing-op",
          title: `${pattern.type} pooling ${pattern.size.join("×")}`,
          node: pattern.output,
          f: (x) => call(form, x, [...pattern.size], [...pattern.strides]),
          fix: `x = F.${pattern.type === "max" ? "max" : "avg"}_pool2d(x, ${pattern.size[0]}, stride=1, padding=${Math.floor((pattern.size[0] ?? 1) / 2)}${pattern.type === "max" ? "" : ", count_include_pad=False"})`,
          prior: 0.7,
        });
      }),
  );
}

/** The output is the original's with two axes of one size exchanged. */
function transposed(situation: Situation): Hypothesis[] {
  const { candidate, reference } = situation;
  const rank = candidate.shape.length;
  const indices = sampleIndices(reference.data.length);
  const theirs = pick(reference, indices);
  const place = placesOf(situation)[0];
  return candidate.shape.flatMap((size, a) =>
    candidate.shape.slice(a + 1).flatMap((other, i) => {
      const b = a + 1 + i;
      if (size !== other || size === 1 || place === undefined) return [];
      const order = Array.from({ length: rank }, (_, axis) => (axis === a ? b : axis === b ? a : axis));
      const turned = pickPermuted(candidate as TensorValue, order, indices);
      if (relativeDistance(turned, theirs) > 1e-5) return [];
      const f = (x: Expression): Expression => call("torch.transpose", x, a, b);
      return [
        proposeMissing(situation, place, {
          cause: "missing-op",
          title: `a transposition of axes ${a} and ${b}`,
          node: null,
          f,
          fix: `x.transpose(${a}, ${b})`,
          prior: 0.75,
        }),
      ];
    }),
  );
}

/** A softmax inside of the layer that the port lacks; at the output it is probabilities against logits. */
function softmaxes(situation: Situation): Hypothesis[] {
  const own = situation.suspects.some((op) =>
    ["softmax", "log_softmax", "scaled_dot_product_attention"].includes(op.key.name),
  );
  if (own || situation.layer.isOutput) return [];
  return patternsOf(situation, "softmax").flatMap((pattern) =>
    placesOf(situation).map((place) => {
      const f = (x: Expression): Expression => ({
        $: "call",
        fn: pattern.log ? "torch.log_softmax" : "torch.softmax",
        args: [x, -1],
      });
      return proposeMissing(situation, place, {
        cause: "missing-op",
        title: pattern.log ? "log softmax" : "softmax",
        node: pattern.output,
        f,
        fix: "torch.softmax(x, dim=-1)",
        prior: 0.6,
      });
    }),
  );
}
