import { findArgument, parameterBehind, plainValue } from "../look.js";
import type { NormGroup } from "../residual/solve-epsilon.js";
import type { Situation, TensorValue } from "../situation.js";
import type { NormCall } from "./norm-calls.js";
import { inputOf, outputOf } from "./refer.js";

const MOST_GROUPS = 256;

/**
 * The groups of a layer or batch norm whose result is the layer's output, weight and bias divided out. Empty where the norm is
 * not what the layer gives, or values are missing.
 */
export function groupsOf(situation: Situation, norm: NormCall): NormGroup[] {
  const [input, output] = [inputOf(norm.op), outputOf(norm.op)];
  if (input === null || output !== situation.trace.observed) return [];
  const x = situation.value(input);
  if (x === null || x.data.length !== situation.reference.data.length) return [];
  const [weight, bias] = ["weight", "bias"].map((name) => valueOfArgument(situation, norm, name));
  if (norm.variant === "layer" || norm.variant === "rms") return rowGroups(situation, norm, x, weight, bias);
  return norm.variant === "batch" ? channelGroups(situation, norm, x, weight, bias) : [];
}

function valueOfArgument(situation: Situation, norm: NormCall, name: string): TensorValue | null {
  const found = findArgument(norm.op, name);
  if (found === null || !("tensor" in found.argument)) return null;
  const parameter = parameterBehind(situation, found.argument.tensor);
  return (parameter === null ? null : situation.parameterValue(parameter)) ?? situation.value(found.argument.tensor);
}

function rowGroups(
  situation: Situation,
  norm: NormCall,
  x: TensorValue,
  weight: TensorValue | null | undefined,
  bias: TensorValue | null | undefined,
): NormGroup[] {
  const axes = plainValue(norm.op, "normalized_shape");
  const length = (Array.isArray(axes) ? axes : [axes]).reduce<number>((a, b) => a * Number(b), 1);
  if (!(length > 1) || x.data.length % length !== 0) return [];
  const groups: NormGroup[] = [];
  for (let row = 0; row < x.data.length / length && row < MOST_GROUPS; row++) {
    const own = x.data.subarray(row * length, (row + 1) * length);
    const mean = norm.variant === "rms" ? 0 : own.reduce((a, b) => a + b, 0) / length;
    const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / length;
    const bare = (side: TensorValue): number[] =>
      Array.from({ length }, (_, i) =>
        undo(side.data[row * length + i] ?? Number.NaN, weight?.data[i] ?? 1, bias?.data[i] ?? 0),
      );
    groups.push({ variance, candidate: bare(situation.candidate), reference: bare(situation.reference) });
  }
  return groups;
}

function channelGroups(
  situation: Situation,
  norm: NormCall,
  x: TensorValue,
  weight: TensorValue | null | undefined,
  bias: TensorValue | null | undefined,
): NormGroup[] {
  const stored = valueOfArgument(situation, norm, "running_var");
  const channels = x.shape[1] ?? 0;
  if (stored === null || stored.data.length !== channels) return [];
  const inner = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return Array.from({ length: Math.min(channels, MOST_GROUPS) }, (_, channel) => {
    const flat: number[] = [];
    for (let i = 0; i < x.data.length; i++) if (Math.floor(i / inner) % channels === channel) flat.push(i);
    const bare = (side: TensorValue): number[] =>
      flat.map((i) => undo(side.data[i] ?? Number.NaN, weight?.data[channel] ?? 1, bias?.data[channel] ?? 0));
    return {
      variance: stored.data[channel] ?? Number.NaN,
      candidate: bare(situation.candidate),
      reference: bare(situation.reference),
    };
  });
}

function undo(value: number, weight: number, bias: number): number {
  return weight === 0 ? 0 : (value - bias) / weight;
}
