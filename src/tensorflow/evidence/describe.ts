import type { Pattern, Sourced } from "./types.js";

/** One sentence part for messages: "layer normalisation with ε 1e-5 (`model/h0/ln_1/add/y`)". */
export function describePattern(pattern: Pattern): string {
  switch (pattern.kind) {
    case "normalisation":
      return describeNormalisation(pattern);
    case "activation": {
      const parameters = Object.entries(pattern.parameters).map(([name, value]) => `${name} ${named(value)}`);
      const weight = pattern.weight === undefined ? [] : [`slope ${pattern.weight}`];
      const all = [...parameters, ...weight];
      return `${pattern.name}${all.length > 0 ? ` with ${all.join(", ")}` : ` ${place(pattern)}`}`;
    }
    case "softmax":
      return `${pattern.log ? "log-softmax" : "softmax"} over axis ${pattern.axis} ${place(pattern)}`;
    case "scale":
      return `a factor of ${named(pattern.factor)}`;
    case "shift":
      return `an addition of ${named(pattern.term)}`;
    case "mask":
      return `a mask that ${MASKS[pattern.form]} ${named(pattern.constant)}`;
    case "convolution": {
      const name = `${pattern.depthwise ? "depthwise " : ""}${pattern.transposed ? "transposed " : ""}convolution`;
      const dilated = pattern.dilations.some((size) => size !== 1) ? `, dilations ${pattern.dilations.join("×")}` : "";
      return `${name} with strides ${pattern.strides.join("×")}${dilated}, padding ${padding(pattern.padding)} ${place(pattern)}`;
    }
    case "pool":
      return `${pattern.type} pool of ${pattern.size.join("×")} with strides ${pattern.strides.join("×")}, padding ${padding(pattern.padding)} ${place(pattern)}`;
    case "mean-pool":
      return `the mean over ${axes(pattern.axes)} ${place(pattern)}`;
    case "resize": {
      const flags = `align_corners ${pattern.alignCorners}, half_pixel_centers ${pattern.halfPixelCentres}`;
      return `${pattern.method} resize with ${flags}${pattern.antialias ? ", antialias" : ""} ${place(pattern)}`;
    }
    case "pad": {
      const pairs = pattern.before.map((size, axis) => `[${size}, ${pattern.after[axis] ?? 0}]`);
      return `${pattern.mode.toLowerCase()} padding of [${pairs.join(", ")}] ${place(pattern)}`;
    }
    case "transpose":
      return `a transposition by [${pattern.permutation.join(", ")}] ${place(pattern)}`;
    case "reshape":
      return `a reshape${pattern.shape === null ? "" : ` to [${pattern.shape.map((size) => (size < 0 ? "?" : size)).join(", ")}]`} ${place(pattern)}`;
    case "concat":
      return `${pattern.stacks ? "a stack" : "a concatenation"} of ${pattern.count} along axis ${pattern.axis} ${place(pattern)}`;
    case "split":
      return `a split into ${pattern.count} along axis ${pattern.axis} ${place(pattern)}`;
    case "lookup":
      return `a lookup in ${pattern.table ?? "a table"} ${place(pattern)}`;
    case "one-hot":
      return `one-hot vectors${pattern.depth === null ? "" : ` of ${pattern.depth}`} ${place(pattern)}`;
    case "residual":
      return `the addition of ${quote(pattern.skipped)} ${place(pattern)}`;
    case "matmul":
      return `a product${pattern.kernel === null ? "" : ` with ${pattern.kernel}`}${pattern.transposed ? ", transposed" : ""} ${place(pattern)}`;
    case "bias":
      return `the addition of ${pattern.key} ${place(pattern)}`;
    case "einsum":
      return `einsum ${pattern.equation} ${place(pattern)}`;
    case "reverse":
      return `a reversal${pattern.axes === null ? "" : ` along ${axes(pattern.axes)}`} ${place(pattern)}`;
    case "cumulative": {
      const flags = [pattern.exclusive ? "exclusive" : "", pattern.reverse ? "reversed" : ""].filter(
        (flag) => flag !== "",
      );
      return `${[...flags, "running"].join(" ")} ${pattern.op === "Cumprod" ? "product" : "sum"} ${place(pattern)}`;
    }
    case "recurrent":
      return describeRecurrent(pattern);
  }
}

const VARIANTS = {
  layer: "layer normalisation",
  rms: "root-mean-square normalisation",
  batch: "batch normalisation",
  group: "group normalisation",
  instance: "instance normalisation",
  l2: "division by the length",
} as const;

const PLACEMENTS = { inside: "", outside: " outside the root", maximum: " as a lower bound" } as const;

const MASKS = { add: "adds", select: "selects", multiply: "multiplies by 0 and adds" } as const;

const CELLS = { lstm: "LSTM", gru: "GRU", rnn: "simple recurrent" } as const;

function describeNormalisation(pattern: Pattern & { readonly kind: "normalisation" }): string {
  const { epsilon, placement, groups } = pattern;
  const name = `${VARIANTS[pattern.variant]}${groups === null ? "" : ` in ${groups} groups`}`;
  if (epsilon === null) return `${name} without ε ${place(pattern)}`;
  return `${name} with ε ${named(epsilon)}${placement === null ? "" : PLACEMENTS[placement]}`;
}

function describeRecurrent(pattern: Pattern & { readonly kind: "recurrent" }): string {
  const gates = pattern.gates.length > 0 ? ` with gates in the order ${pattern.gates.join(", ")}` : "";
  const forget = pattern.forgetBias === null ? "" : ` and a forget bias of ${named(pattern.forgetBias)}`;
  const reset = pattern.resetAfter === null ? "" : `, reset ${pattern.resetAfter ? "after" : "before"} the product`;
  return `${CELLS[pattern.cell]} cell${gates}${forget}${reset} ${place(pattern)}`;
}

function padding(value: "SAME" | "VALID" | readonly (readonly [number, number])[]): string {
  return typeof value === "string" ? value : `[${value.map((pair) => `[${pair.join(", ")}]`).join(", ")}]`;
}

function axes(list: readonly number[]): string {
  return `${list.length === 1 ? "axis" : "axes"} ${list.join(", ")}`;
}

function named(number: Sourced<number>): string {
  return `${formatNumber(number.value)} (${quote(number.node)})`;
}

/** 1e-5 rather than 0.00001, 0.125 as it is. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  const short = Number(value.toPrecision(7));
  if (value !== 0 && (size < 1e-3 || size >= 1e5)) return short.toExponential().replace("e+", "e");
  return String(short);
}

function place(pattern: Pattern): string {
  return `(${quote(pattern.output.replace(/:0$/, ""))})`;
}

function quote(name: string): string {
  return `\`${name}\``;
}
