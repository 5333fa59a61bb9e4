import { DataType } from "../../formats/tf-proto/data-type.js";
import type { AttrValue, NodeDef } from "../../formats/tf-proto/types.js";
import { booleanAttr, floatAttr } from "../attr.js";
import { type Builder, createBuilder, DOUBLE, INT32 } from "./builder.js";
import { buildLstmStep } from "./expand-cells.js";

const FLOAT: AttrValue = { type: DataType.FLOAT };
const RESOURCE: AttrValue = { type: DataType.RESOURCE };
const ANY_SHAPE: AttrValue = { shape: { unknownRank: true } };

/** How many tensors one step gives: i, cs, f, o, ci, co, h. */
const OUTPUTS = 7;

/**
 * `BlockLSTM` and `BlockLSTMV2` (tensorflow/core/kernels/rnn/lstm_ops.cc): an LSTM over the first axis of x, as a loop of
 * TensorFlow 1 around one step. What lies beyond `seq_len_max` is zero. The first version keeps the gates as input, cell,
 * forget, output and adds a forget bias; the second as input, forget, cell, output without one.
 */
export function expandBlockLstm(node: NodeDef, inputs: readonly string[], build: Builder): Map<number, string> {
  const [length = "", x = "", cell = "", hidden = "", kernel = "", i = "", f = "", o = "", bias = ""] = inputs;
  const isSecond = node.op === "BlockLSTMV2";
  const frame = `${node.name}_parity_loop`;
  const steps = firstSize(x, build);
  const all = build.op("Range", [build.ints([0], []), steps, build.ints([1], [])], { Tidx: INT32 });
  const given = makeArray(steps, build);
  const read = build.op("TensorArrayScatterV3", [given.handle, all, x, given.flow], { T: DOUBLE });
  const arrays = Array.from({ length: OUTPUTS }, () => makeArray(steps, build));

  const enter = (value: string, T: AttrValue, constant: boolean): string =>
    build.op("Enter", [value], {
      T,
      frame_name: { s: new TextEncoder().encode(frame) },
      is_constant: { b: constant },
      parallel_iterations: { i: 1 },
    });
  const fixed = (value: string, T: AttrValue = DOUBLE): string => enter(value, T, true);
  const carried = [
    { start: build.ints([0], []), type: INT32 },
    { start: cell, type: DOUBLE },
    { start: hidden, type: DOUBLE },
    ...arrays.map((array) => ({ start: array.flow, type: FLOAT })),
  ];
  const next = (index: number): string => `parity_double/${frame}/next_${index}`;
  const heads = carried.map(({ start, type }, index) =>
    build.op("Merge", [enter(start, type, false), next(index)], { T: type, N: { i: 2 } }),
  );
  const more = build.op("Less", [heads[0] ?? "", fixed(steps, INT32)], { T: INT32 });
  const condition = build.op("LoopCond", [more]);
  const gates = carried.map(({ type }, index) => build.op("Switch", [heads[index] ?? "", condition], { T: type }));
  const [step = "", cellNow = "", hiddenNow = "", ...flows] = carried.map(({ type }, index) =>
    build.op("Identity", [`${gates[index]}:1`], { T: type }),
  );

  // Constants of the body must run in the loop.
  const body = createBuilder(`parity_double/${frame}`, step);
  const made = buildLstmStep(
    {
      x: body.op("TensorArrayReadV3", [fixed(given.handle, RESOURCE), step, fixed(read, FLOAT)], { dtype: DOUBLE }),
      cell: cellNow,
      hidden: hiddenNow,
      kernel: fixed(kernel),
      bias: fixed(bias),
      peephole: booleanAttr(node, "use_peephole") === true ? { i: fixed(i), f: fixed(f), o: fixed(o) } : null,
      forgetBias: isSecond ? 0 : (floatAttr(node, "forget_bias") ?? 1),
      clip: floatAttr(node, "cell_clip") ?? (isSecond ? 0 : 3),
      gates: isSecond ? "ifco" : "icfo",
    },
    body,
  );
  const written = made.map((value, k) =>
    body.op("TensorArrayWriteV3", [fixed(arrays[k]?.handle ?? "", RESOURCE), step, value, flows[k] ?? ""], {
      T: DOUBLE,
    }),
  );
  const following = body.op("AddV2", [step, body.ints([1], [])], { T: INT32 });
  const ends = [following, made[1] ?? "", made[6] ?? "", ...written];
  for (const [index, { type }] of carried.entries())
    body.op("NextIteration", [ends[index] ?? ""], { T: type }, next(index));
  build.add(body.nodes);

  const within = build.op("Less", [all, build.op("Cast", [length], castAttr(DataType.INT64, DataType.INT32))], {
    T: INT32,
  });
  const mask = build.op(
    "Reshape",
    [build.op("Cast", [within], castAttr(DataType.BOOL, DataType.DOUBLE)), build.ints([-1, 1, 1])],
    { T: DOUBLE, Tshape: INT32 },
  );
  return new Map(
    arrays.map((array, k) => {
      const flow = build.op("Exit", [gates[k + 3] ?? ""], { T: FLOAT });
      const attr = { dtype: DOUBLE, element_shape: ANY_SHAPE };
      return [k, build.math("Mul", build.op("TensorArrayGatherV3", [array.handle, all, flow], attr), mask)];
    }),
  );
}

function castAttr(from: number, to: number): Record<string, AttrValue> {
  return { SrcT: { type: from }, DstT: { type: to }, Truncate: { b: false } };
}

function firstSize(x: string, build: Builder): string {
  const shape = build.op("Shape", [x], { T: DOUBLE, out_type: INT32 });
  const attr = { Tparams: INT32, Tindices: INT32, Taxis: INT32, batch_dims: { i: 0 } };
  return build.op("GatherV2", [shape, build.ints([0], []), build.ints([0], [])], attr);
}

function makeArray(size: string, build: Builder): { handle: string; flow: string } {
  const handle = build.op("TensorArrayV3", [size], {
    dtype: DOUBLE,
    element_shape: ANY_SHAPE,
    dynamic_size: { b: false },
    clear_after_read: { b: true },
    identical_element_shapes: { b: false },
    tensor_array_name: { s: new Uint8Array(0) },
  });
  return { handle, flow: `${handle}:1` };
}
