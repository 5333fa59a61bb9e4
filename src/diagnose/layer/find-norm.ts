import type { Expression } from "../../runners/edits.js";
import { callWith, parameterOf } from "../express.js";
import { relativeDistance } from "../residual/fit.js";
import { pick, sampleIndices } from "../residual/samples.js";
import type { Situation, TensorValue } from "../situation.js";

const EPSILONS = [1e-5, 1e-6, 1e-3, 1e-12, 1e-7, 1e-8, 1e-4];
const SAME_NORM = 1e-5;

/**
 * The layer or root-mean-square norm over the last axis, with these weights, that leads from one tensor to the other; null
 * where none does.
 *
 * @param parameters names of the norm's gain and bias, in any order
 */
export function findNorm(
  situation: Situation,
  from: TensorValue,
  to: TensorValue,
  parameters: readonly string[],
): ((x: Expression) => Expression) | null {
  const width = from.shape.at(-1) ?? 0;
  if (from.data.length !== to.data.length || width < 2) return null;
  const values = parameters.map((name) => situation.parameterValue(name)?.data ?? null);
  if (values.some((value) => value?.length !== width)) return null;
  const orders =
    parameters.length === 1
      ? [[0, -1]]
      : [
          [0, 1],
          [1, 0],
        ];
  const indices = sampleIndices(to.data.length);
  const wanted = pick(to, indices);
  for (const centred of [true, false])
    for (const epsilon of EPSILONS)
      for (const [gain = 0, bias = -1] of orders) {
        const own = normed(from, width, centred, epsilon, values[gain] ?? null, values[bias] ?? null);
        if (relativeDistance(pick(own, indices), wanted) > SAME_NORM) continue;
        const weight = parameterOf(parameters[gain] ?? "");
        const second = parameters[bias];
        const more = second === undefined ? {} : { bias: parameterOf(second) };
        if (centred) return (x) => callWith("F.layer_norm", [x, [width]], { weight, ...more, eps: epsilon });
        if (second === undefined) return (x) => callWith("F.rms_norm", [x, [width]], { weight, eps: epsilon });
      }
  return null;
}

function normed(
  x: TensorValue,
  width: number,
  centred: boolean,
  epsilon: number,
  gain: Float64Array | null,
  bias: Float64Array | null,
): TensorValue {
  const data = new Float64Array(x.data.length);
  for (let row = 0; row < x.data.length; row += width) {
    const own = x.data.subarray(row, row + width);
    const mean = centred ? own.reduce((a, b) => a + b, 0) / width : 0;
    const root = Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / width + epsilon);
    for (let i = 0; i < width; i++)
      data[row + i] = (((own[i] ?? 0) - mean) / root) * (gain?.[i] ?? 1) + (bias?.[i] ?? 0);
  }
  return { shape: x.shape, data };
}
