import { fusedNormalisation } from "./fused-normalisation.js";
import { computedFrom, isNear, type Polynomial, type Term } from "./polynomial.js";
import { OTHER_SHAPE, type RegionView, SAME_NUMBERS } from "./region-view.js";
import { readSpreads, type Spread } from "./statistics.js";
import type { Pattern } from "./types.js";

export type Normalisation = Pattern & { readonly kind: "normalisation" };

/** Scale and offset around a normalised tensor; keys of variables. */
interface Affine {
  readonly scale: string | null;
  readonly offset: string | null;
  readonly mean: string | null;
}

/** Every normalisation of a region: the fused op, and the formulas around a root. */
export function findNormalisations(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  const add = (pattern: Pattern | null): void => {
    if (pattern === null) return;
    for (const node of pattern.nodes) view.claimed.add(node);
    found.push(pattern);
  };
  for (const op of view.open("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
    add(fusedNormalisation(view, op));
  }
  for (const op of view.open("Rsqrt", "Sqrt", "Pow")) {
    let pattern: Pattern | null = null;
    for (const spread of readSpreads(view, op)) {
      pattern ??= spread.statistic.kind === "stored" ? matchStored(view, spread) : matchComputed(view, spread);
    }
    add(pattern);
  }
  return found;
}

/** Statistics of x itself: (x − m)·r·γ + β in any order of operations. */
function matchComputed(view: RegionView, spread: Spread): Normalisation | null {
  const { statistic, factor } = spread;
  if (statistic.of === null) return null;
  for (const x of new Set([view.settle(statistic.of), view.bare(statistic.of)])) {
    const atoms = new Set([x, factor, ...(statistic.mean === null ? [] : [statistic.mean])]);
    let best: { tensor: string; affine: Affine } | null = null;
    for (const { tensor, polynomial } of computedFrom(view, factor, atoms)) {
      const affine = readAffine(polynomial, x, spread);
      if (affine !== null) best = { tensor, affine };
    }
    if (best === null) continue;
    const axes = statistic.axes;
    const { variant, groups } = classify(view, spread, x, best.affine);
    // Groups are made before and undone after it.
    const [input, output] = variant === "group" ? view.aroundReshapes(x, best.tensor) : [x, best.tensor];
    return {
      kind: "normalisation",
      variant,
      epsilon: spread.epsilon,
      placement: spread.placement,
      axes,
      groups,
      mean: null,
      variance: null,
      scale: best.affine.scale,
      offset: best.affine.offset,
      input,
      output,
      nodes: view.nodesBetween(output, [input]),
    };
  }
  return null;
}

/** Stored statistics: x meets their root somewhere in a product. */
function matchStored(view: RegionView, spread: Spread): Normalisation | null {
  const inverse = computedFrom(view, spread.factor, new Set([spread.factor]));
  const candidates = new Set<string>();
  for (const { tensor } of inverse) {
    for (const reader of view.readers(tensor)) {
      const other = reader.inputs.find((input) => input !== tensor);
      if (!/^(Mul|RealDiv|Div)$/.test(reader.op) || other === undefined) continue;
      for (const tensor of dataWithin(view, other)) candidates.add(tensor);
    }
  }
  let first: Normalisation | null = null;
  for (const x of candidates) {
    let best: { tensor: string; affine: Affine } | null = null;
    for (const { tensor, polynomial } of computedFrom(view, spread.factor, new Set([spread.factor, x]))) {
      const affine = readAffine(polynomial, x, spread);
      if (affine !== null) best = { tensor, affine };
    }
    if (best === null) continue;
    const pattern: Normalisation = {
      kind: "normalisation",
      variant: "batch",
      epsilon: spread.epsilon,
      placement: spread.placement,
      axes: null,
      groups: null,
      variance: spread.statistic.key,
      ...best.affine,
      input: x,
      output: best.tensor,
      nodes: view.nodesBetween(best.tensor, [x]),
    };
    // x − mean could be taken for x; what explains the mean too is meant.
    if (pattern.mean !== null) return pattern;
    first ??= pattern;
  }
  return first;
}

/** The data tensors that a product or a difference is made of, the nearest first. */
function dataWithin(view: RegionView, tensor: string): Set<string> {
  const queue = [view.settle(tensor)];
  const found = new Set<string>();
  for (let at = 0; at < queue.length && found.size < 8; at++) {
    const one = queue[at] as string;
    if (!view.isData(one) || view.scalar(one) !== null) continue;
    found.add(one);
    const op = view.producerOf(one, "Mul", "Sub", "Add", "AddV2", "RealDiv", ...OTHER_SHAPE);
    queue.push(...(op?.inputs ?? []).map((input) => view.settle(input)));
  }
  return found;
}

/**
 * Reads x·r·γ − m·r·γ + β. γ may be 1 or 1 + g, β may be 0; m is the given tensor, or for stored statistics any variable.
 * Null for any other polynomial.
 */
function readAffine(polynomial: Polynomial, x: string, spread: Spread): Affine | null {
  const { mean } = spread.statistic;
  const terms = [...polynomial.values()];
  const data = terms.filter((term) => term.powers.has(x));
  const means = terms.filter((term) => !term.powers.has(x) && term.powers.has(spread.factor));
  const rest = terms.filter((term) => !term.powers.has(x) && !term.powers.has(spread.factor));
  const isProduct = (term: Term): boolean => term.powers.get(spread.factor) === spread.exponent;
  if (data.length === 0 || data.length > 2 || rest.length > 1) return null;
  if (!data.every((term) => isProduct(term) && term.powers.get(x) === 1 && isNear(term.coefficient, 1))) return null;
  const gains = data.flatMap((term) => variablesOf(term));
  if (gains.length > 1) return null;
  const [scale = null] = gains;

  const offset = rest.flatMap((term) => variablesOf(term));
  if (rest.length === 1 && (offset.length !== 1 || !isNear(rest[0]?.coefficient ?? 0, 1))) return null;
  let stored: string | null = null;
  if (spread.statistic.kind === "stored") {
    if (means.length > data.length) return null;
    const names = means.flatMap((term) => variablesOf(term)).filter((name) => name !== scale);
    stored = names[0] ?? null;
  } else if (mean === null) {
    if (means.length > 0) return null;
  } else if (means.length !== data.length || !means.every((term) => term.powers.get(mean) === 1)) return null;
  if (!means.every((term) => isProduct(term) && isNear(term.coefficient, -1))) return null;
  return { scale, offset: offset[0] ?? null, mean: stored };
}

function variablesOf(term: Term): string[] {
  return [...term.powers.keys()].filter((name) => name.startsWith("@")).map((name) => name.slice(1));
}

/** Which normalisation it is, by the axes that the statistics are taken over and the shape that x has there. */
function classify(
  view: RegionView,
  spread: Spread,
  x: string,
  affine: Affine,
): { variant: Normalisation["variant"]; groups: number | null } {
  const { statistic } = spread;
  if (statistic.kind === "mean-square") return { variant: "rms", groups: null };
  if (statistic.kind === "sum-square") return { variant: "l2", groups: null };
  const of = statistic.of ?? x;
  const [shape, outer] = [view.shape(of), view.shape(originOf(view, of))];
  const axes = statistic.axes ?? [];
  if (shape === null) {
    // Pictures have two axes of places between batch and channels.
    return { variant: axes.length > 1 && axes[0] === 1 ? "instance" : "layer", groups: null };
  }
  const rank = shape.length;
  if (axes.includes(0) && rank > 1) return { variant: "batch", groups: null };
  const kept = shape.flatMap((size, axis) => (axes.includes(axis) ? [] : [{ size, axis }]));
  const [first, second] = kept;
  const last = shape.at(-1) ?? null;
  // Reshaped so that the channels lie in two axes; rows that were only put back into their sequence keep the last size.
  const isReshaped = outer === null || outer.length !== rank || outer.some((size, axis) => size !== shape[axis]);
  const splits = rank >= 5 ? outer?.length !== rank : last === null || last !== outer?.at(-1);
  if (isReshaped && splits && kept.length === 2 && first?.axis === 0 && view.producerOf(of, "Reshape") !== undefined) {
    return { variant: "group", groups: second?.size ?? null };
  }
  if (!axes.every((axis) => axis >= rank - axes.length)) return { variant: "instance", groups: null };
  // Statistics over the trailing axes of [batch, channel, height, width] are of one channel; a gain of channels says so.
  if (rank >= 4 && axes.length === rank - 2) {
    const normalised = axes.reduce((n, axis) => n * (shape[axis] ?? Number.NaN), 1);
    const gain = affine.scale === null ? null : variableSize(view, affine.scale);
    if (gain === null || gain !== normalised) return { variant: "instance", groups: null };
  }
  return { variant: "layer", groups: null };
}

/** The tensor before a chain of ops that only reshape. */
function originOf(view: RegionView, tensor: string): string {
  let current = view.settle(tensor);
  for (;;) {
    const op = view.producer(current);
    const input = op?.inputs[0];
    if (op === undefined || input === undefined || !(OTHER_SHAPE.has(op.op) || SAME_NUMBERS.has(op.op))) return current;
    current = input;
  }
}

function variableSize(view: RegionView, key: string): number | null {
  for (const [tensor, own] of view.region.variables) {
    const shape = own === key ? view.shape(tensor) : null;
    if (shape !== null && !shape.includes(null)) return shape.reduce<number>((n, size) => n * (size ?? 1), 1);
  }
  return null;
}
