import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

type Meaning = Pattern extends infer P ? (P extends Pattern ? Omit<P, "input" | "output" | "nodes"> : never) : never;

/** Which of its inputs is the data, and what an op does to its shape or order; null where it does so to no data. */
type Reader = (view: RegionView, op: OriginalOp) => { data: string | undefined; meaning: Meaning } | null;

const READERS: Readonly<Record<string, Reader>> = {
  Transpose: (view, op) => {
    const permutation = view.integers(op.inputs[1]);
    return permutation && { data: op.inputs[0], meaning: { kind: "transpose", permutation } };
  },
  Reshape: (view, op) => ({
    data: op.inputs[0],
    meaning: { kind: "reshape", shape: view.sizes(op.inputs[1]) },
  }),
  ExpandDims: readStaticReshape,
  Squeeze: readStaticReshape,
  ConcatV2: (view, op) => {
    const axis = view.integers(op.inputs.at(-1))?.[0];
    const data = op.inputs.slice(0, -1);
    if (axis === undefined) return null;
    return { data: data[0], meaning: { kind: "concat", axis: axisOf(view, axis, `${op.node}:0`), count: data.length } };
  },
  Pack: (_, op) => {
    const axis = Number(op.attributes.axis ?? 0);
    return { data: op.inputs[0], meaning: { kind: "concat", axis, count: op.inputs.length, stacks: true } };
  },
  Split: (view, op) => readSplit(view, op, op.inputs[1], op.inputs[0], Number(op.attributes.num_split ?? 0)),
  SplitV: (view, op) => {
    const sizes = view.integers(op.inputs[1]);
    return readSplit(view, op, op.inputs[0], op.inputs[2], sizes?.length ?? Number(op.attributes.num_split ?? 0));
  },
  Unpack: (_, op) => {
    const [axis, count] = [Number(op.attributes.axis ?? 0), Number(op.attributes.num ?? 0)];
    return { data: op.inputs[0], meaning: { kind: "split", axis, count, stacks: true } };
  },
  Pad: readPad,
  PadV2: readPad,
  MirrorPad: readPad,
  ReverseV2: (view, op) => {
    const axes = view.integers(op.inputs[1]);
    return {
      data: op.inputs[0],
      meaning: { kind: "reverse", axes: axes && view.countAxes(axes, op.inputs[0]) },
    };
  },
  ReverseSequence: (_, op) => ({
    data: op.inputs[0],
    meaning: { kind: "reverse", axes: [Number(op.attributes.seq_dim ?? 0)] },
  }),
  Cumsum: readCumulative,
  Cumprod: readCumulative,
};

/** Ops that move numbers about without changing them, and running sums. Arithmetic on sizes is left out. */
export function findShapings(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open(...Object.keys(READERS))) {
    const read = READERS[op.op]?.(view, op) ?? null;
    const output = `${op.node}:0`;
    if (read === null || !view.isData(read.data) || !view.isFloating(output)) continue;
    view.claimed.add(op.node);
    found.push({ ...read.meaning, input: read.data, output, nodes: [op.node] } as Pattern);
  }
  return found;
}

function readStaticReshape(view: RegionView, op: OriginalOp): { data: string | undefined; meaning: Meaning } {
  const shape = view.shape(`${op.node}:0`)?.map((size) => size ?? -1) ?? null;
  return { data: op.inputs[0], meaning: { kind: "reshape", shape } };
}

function readSplit(
  view: RegionView,
  _op: OriginalOp,
  data: string | undefined,
  axisInput: string | undefined,
  count: number,
): { data: string | undefined; meaning: Meaning } | null {
  // Split names its axis first and SplitV last; either way it is the constant.
  const axis = (view.integers(axisInput) ?? [])[0];
  return axis === undefined ? null : { data, meaning: { kind: "split", axis: axisOf(view, axis, data), count } };
}

function readPad(view: RegionView, op: OriginalOp): { data: string | undefined; meaning: Meaning } | null {
  const pairs = view.integers(op.inputs[1]);
  if (pairs === null) return null;
  const mode = op.op === "MirrorPad" ? String(op.attributes.mode ?? "REFLECT") : "CONSTANT";
  return {
    data: op.inputs[0],
    meaning: {
      kind: "pad",
      before: pairs.filter((_, i) => i % 2 === 0),
      after: pairs.filter((_, i) => i % 2 === 1),
      mode,
      value: view.scalar(op.inputs[2])?.value ?? 0,
    },
  };
}

function readCumulative(_: RegionView, op: OriginalOp): { data: string | undefined; meaning: Meaning } {
  const { exclusive, reverse } = op.attributes;
  return {
    data: op.inputs[0],
    meaning: { kind: "cumulative", op: op.op, exclusive: exclusive === true, reverse: reverse === true },
  };
}

function axisOf(view: RegionView, axis: number, tensor: string | undefined): number {
  return view.countAxes([axis], tensor)[0] ?? axis;
}
