import { coefficientOf, computedFrom, isNear, isSum, type Polynomial, polynomialOver } from "./polynomial.js";
import type { RegionView } from "./region-view.js";
import { shortestNumber } from "./shortest-number.js";
import type { OriginalOp, Pattern, Sourced } from "./types.js";

type Parameters = Readonly<Record<string, Sourced<number>>>;

/** sqrt(2/π) and the cubic term of Hendrycks & Gimpel's tanh form (arXiv:1606.08415). */
const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;
/** The sigmoid form of the same paper. */
const GELU_SIGMOID = 1.702;

/** Activations that are one op. */
const SINGLE: Readonly<Record<string, string>> = {
  Relu: "relu",
  Relu6: "relu6",
  Elu: "elu",
  Selu: "selu",
  Softplus: "softplus",
  Softsign: "softsign",
  Tanh: "tanh",
  Sigmoid: "sigmoid",
  Square: "square",
  Abs: "abs",
  Exp: "exp",
  Sin: "sin",
  Cos: "cos",
};

/** Activations that are written as a formula around one op: gelu, swish, mish, the hard ones, prelu. */
export function findFormulaActivations(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open("Tanh", "Erf", "Erfc", "Sigmoid", "Relu6", "Relu", "Minimum", "Maximum", "ClipByValue")) {
    const pattern = view.claimed.has(op.node) ? null : matchFormula(view, op);
    if (pattern === null) continue;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  }
  return found;
}

/** Activations that are one op and belong to nothing larger. */
export function findSingleActivations(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open(...Object.keys(SINGLE), "LeakyRelu")) {
    const input = op.inputs[0];
    if (!view.isData(input)) continue;
    view.claimed.add(op.node);
    const alpha = op.attributes.alpha;
    // A stripped attribute has its default (leaky_relu's is 0.2).
    const parameters: Parameters =
      op.op === "LeakyRelu"
        ? { slope: { value: shortestNumber(typeof alpha === "number" ? alpha : 0.2), node: op.node } }
        : {};
    found.push(activation(SINGLE[op.op] ?? "leaky-relu", parameters, input, `${op.node}:0`, [op.node]));
  }
  return found;
}

function matchFormula(view: RegionView, op: OriginalOp): Pattern | null {
  switch (op.op) {
    case "Tanh":
      return matchTanh(view, op);
    case "Erf":
    case "Erfc":
      return matchErf(view, op);
    case "Sigmoid":
      return matchSigmoid(view, op);
    case "Relu6":
      return matchHard(view, op, `${op.node}:0`, 0, 6, op.inputs[0] ?? "");
    case "Relu":
      return matchPrelu(view, op);
    default:
      return matchBounds(view, op);
  }
}

function matchTanh(view: RegionView, op: OriginalOp): Pattern | null {
  const [tanh, argument] = [`${op.node}:0`, op.inputs[0] ?? ""];
  const softplus = view.producerOf(argument, "Softplus");
  if (softplus !== undefined) {
    const x = view.settle(softplus.inputs[0] ?? "");
    return finish(view, "mish", {}, x, tanh, (sum) => isSum(sum, [1, { [x]: 1, [tanh]: 1 }]));
  }
  for (const { x, sum } of readings(view, argument)) {
    const slope = coefficientOf(sum, { [x]: 1 });
    if (sum.size !== 2 || !isNear(slope, GELU_SLOPE, 1e-3)) continue;
    if (!isNear(coefficientOf(sum, { [x]: 3 }), GELU_CUBIC * slope, 1e-3)) continue;
    return finish(view, "gelu-tanh", {}, x, tanh, (found) =>
      isSum(found, [0.5, { [x]: 1 }], [0.5, { [x]: 1, [tanh]: 1 }]),
    );
  }
  return null;
}

function matchErf(view: RegionView, op: OriginalOp): Pattern | null {
  const erf = `${op.node}:0`;
  const sign = op.op === "Erf" ? 1 : -1;
  for (const { x, sum } of readings(view, op.inputs[0] ?? "")) {
    if (!isSum(sum, [sign * Math.SQRT1_2, { [x]: 1 }])) continue;
    return finish(view, "gelu-erf", {}, x, erf, (found) =>
      op.op === "Erf"
        ? isSum(found, [0.5, { [x]: 1 }], [0.5, { [x]: 1, [erf]: 1 }])
        : isSum(found, [0.5, { [x]: 1, [erf]: 1 }]),
    );
  }
  return null;
}

function matchSigmoid(view: RegionView, op: OriginalOp): Pattern | null {
  const sigmoid = `${op.node}:0`;
  for (const { x, sum } of readings(view, op.inputs[0] ?? "")) {
    const slope = coefficientOf(sum, { [x]: 1 });
    if (sum.size !== 1 || slope <= 0) continue;
    const gelu = isNear(slope, GELU_SIGMOID, 1e-3);
    const factor = view
      .nodesBetween(sigmoid, [x])
      .flatMap((node) => view.producer(`${node}:0`)?.inputs ?? [])
      .map((input) => view.scalar(input))
      .find((scalar) => scalar !== null);
    const parameters: Parameters = factor == null ? {} : { slope: { value: slope, node: factor.node } };
    const pattern = finish(view, gelu ? "gelu-sigmoid" : "swish", parameters, x, sigmoid, (found) =>
      isSum(found, [1, { [x]: 1, [sigmoid]: 1 }]),
    );
    if (pattern !== null) return pattern;
  }
  return null;
}

/** relu(x) − α·relu(−x), or relu(x) + α·(x − |x|)/2, with a stored α. */
function matchPrelu(view: RegionView, op: OriginalOp): Pattern | null {
  const positive = `${op.node}:0`;
  const x = view.settle(op.inputs[0] ?? "");
  const others = view.readers(x).flatMap((reader) => {
    if (reader.op === "Abs") return [reader];
    return view.readers(`${reader.node}:0`).filter((after) => after.op === "Relu" && after !== op);
  });
  for (const other of others) {
    const second = `${other.node}:0`;
    const argument = polynomialOver(view, other.inputs[0] ?? "", new Set([x]));
    if (!isSum(argument, [other.op === "Abs" ? 1 : -1, { [x]: 1 }])) continue;
    for (const { tensor, polynomial } of computedFrom(view, positive, new Set([x, positive, second]))) {
      const rest = [...polynomial.values()].filter((term) => term.powers.has(second));
      const alpha = [...(rest[0]?.powers.keys() ?? [])].find((name) => name.startsWith("@"));
      const slopes: readonly (readonly [number, Readonly<Record<string, number>>])[] =
        other.op === "Abs"
          ? [
              [0.5, { [alpha ?? ""]: 1, [x]: 1 }],
              [-0.5, { [alpha ?? ""]: 1, [second]: 1 }],
            ]
          : [[-1, { [alpha ?? ""]: 1, [second]: 1 }]];
      if (alpha === undefined || !isSum(polynomial, [1, { [positive]: 1 }], ...slopes)) continue;
      return { ...activation("prelu", {}, x, tensor, view.nodesBetween(tensor, [x])), weight: alpha.slice(1) };
    }
  }
  return null;
}

/** max(x, a·x), max(x, 0), and bounds on both sides. */
function matchBounds(view: RegionView, op: OriginalOp): Pattern | null {
  const own = `${op.node}:0`;
  if (op.op === "ClipByValue") {
    const [lower, upper] = [view.scalar(op.inputs[1]), view.scalar(op.inputs[2])];
    return lower && upper ? clip(view, op, lower, upper, op.inputs[0] ?? "", [op.node]) : null;
  }
  const bound = boundOf(view, op);
  if (bound === null) return op.op === "Maximum" ? matchLeaky(view, op) : null;
  // tf.clip_by_value is min, then max; people write either.
  for (const reader of view.readers(own)) {
    if (reader.op !== (op.op === "Minimum" ? "Maximum" : "Minimum")) continue;
    const second = boundOf(view, reader);
    if (second === null) continue;
    const [lower, upper] = op.op === "Minimum" ? [second.bound, bound.bound] : [bound.bound, second.bound];
    return clip(view, reader, lower, upper, bound.data, [op.node, reader.node]);
  }
  const inner = view.producerOf(bound.data, "Relu");
  if (op.op === "Minimum" && inner !== undefined) {
    return clip(view, op, { value: 0, node: inner.node }, bound.bound, inner.inputs[0] ?? "", [inner.node, op.node]);
  }
  if (op.op === "Maximum" && bound.bound.value === 0) return activation("relu", {}, bound.data, own, [op.node]);
  const side = op.op === "Maximum" ? "lower" : "upper";
  return activation("clip", { [side]: bound.bound }, bound.data, own, [op.node]);
}

function boundOf(view: RegionView, op: OriginalOp): { data: string; bound: Sourced<number> } | null {
  const [a = "", b = ""] = op.inputs;
  for (const [data, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const bound = view.scalar(other);
    if (bound !== null && view.isData(data)) return { data, bound };
  }
  return null;
}

function clip(
  view: RegionView,
  last: OriginalOp,
  lower: Sourced<number>,
  upper: Sourced<number>,
  input: string,
  nodes: readonly string[],
): Pattern {
  const output = `${last.node}:0`;
  const hard = matchHard(view, last, output, lower.value, upper.value, input);
  if (hard !== null) return hard;
  if (lower.value === 0 && upper.value === 6) return activation("relu6", {}, input, output, nodes);
  return activation("clip", { lower, upper }, input, output, nodes);
}

/** relu6(x + 3)/6 and Keras' clip(0.2·x + 0.5, 0, 1), alone or times x; null where nothing is done around the bounds. */
function matchHard(
  view: RegionView,
  op: OriginalOp,
  bounded: string,
  lower: number,
  upper: number,
  argument: string,
): Pattern | null {
  if (lower !== 0) return null;
  for (const { x, sum } of readings(view, argument)) {
    // The slope belongs to the formula.
    const scaled = view.producerOf(x, "Mul", "RealDiv");
    if (scaled?.inputs.some((input) => view.scalar(input) !== null)) continue;
    const [slope, offset] = [coefficientOf(sum, { [x]: 1 }), coefficientOf(sum, {})];
    if (sum.size !== 2 || !(slope > 0) || !isNear(offset, upper / 2)) continue;
    const parameters: Parameters = {
      slope: { value: Number((slope / upper).toPrecision(7)), node: op.node },
      offset: { value: 0.5, node: op.node },
    };
    const gate = [1 / upper, { [bounded]: 1 }] as const;
    const swish = [1 / upper, { [x]: 1, [bounded]: 1 }] as const;
    return (
      finish(view, "hard-swish", parameters, x, bounded, (found) => isSum(found, swish)) ??
      finish(view, "hard-sigmoid", parameters, x, bounded, (found) => isSum(found, gate))
    );
  }
  return null;
}

function matchLeaky(view: RegionView, op: OriginalOp): Pattern | null {
  const [a = "", b = ""] = op.inputs;
  for (const [data, scaled] of [
    [a, b],
    [b, a],
  ] as const) {
    const x = view.settle(data);
    const slope = polynomialOver(view, scaled, new Set([x]));
    const value = slope?.size === 1 ? coefficientOf(slope, { [x]: 1 }) : 0;
    if (value <= 0 || value >= 1) continue;
    const factor = view.producer(view.bare(scaled))?.inputs.map((input) => view.scalar(input));
    const node = factor?.find((scalar) => scalar !== null)?.node ?? op.node;
    const output = `${op.node}:0`;
    return activation("leaky-relu", { slope: { value, node } }, x, output, view.nodesBetween(output, [x]));
  }
  return null;
}

/** The tensors in which an argument is a polynomial, the nearest first. */
function* readings(view: RegionView, argument: string): Generator<{ x: string; sum: Polynomial }> {
  const queue = [argument];
  const seen = new Set<string>();
  for (let at = 0; at < queue.length && seen.size < 24; at++) {
    const x = view.settle(queue[at] as string);
    if (seen.has(x) || !view.isData(x) || view.scalar(x) !== null) continue;
    seen.add(x);
    const sum = polynomialOver(view, argument, new Set([x]));
    if (sum !== null) yield { x, sum };
    queue.push(...(view.producer(x)?.inputs ?? []));
  }
}

/** The tensor behind `inner` that is the wanted formula in x and `inner`, as a pattern. */
function finish(
  view: RegionView,
  name: string,
  parameters: Parameters,
  x: string,
  inner: string,
  isWanted: (polynomial: Polynomial) => boolean,
): Pattern | null {
  const found = computedFrom(view, inner, new Set([x, inner])).find(({ polynomial }) => isWanted(polynomial));
  return found === undefined
    ? null
    : activation(name, parameters, x, found.tensor, view.nodesBetween(found.tensor, [x]));
}

function activation(
  name: string,
  parameters: Parameters,
  input: string,
  output: string,
  nodes: readonly string[],
): Pattern & { readonly kind: "activation" } {
  return { kind: "activation", name, parameters, input, output, nodes };
}
