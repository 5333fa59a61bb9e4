import type { NodeDef } from "../../formats/tf-proto/types.js";
import { booleanAttr, floatAttr } from "../attr.js";
import type { Builder } from "./builder.js";

/**
 * `GRUBlockCell` (tensorflow/core/ops/rnn_ops.cc): [r u] = σ([x h] w_ru + b_ru), c = tanh([x h·r] w_c + b_c),
 * h' = (1 − u)·c + u·h. Outputs r, u, c, h'.
 */
export function expandGruCell(_node: NodeDef, inputs: readonly string[], build: Builder): Map<number, string> {
  const [x = "", h = "", gateKernel = "", kernel = "", gateBias = "", bias = ""] = inputs;
  const gates = build.math("AddV2", build.matmul(build.concat(x, h), gateKernel), gateBias);
  const [r = "", u = ""] = build.split(build.math("Sigmoid", gates), 2);
  const reset = build.matmul(build.concat(x, build.math("Mul", h, r)), kernel);
  const c = build.math("Tanh", build.math("AddV2", reset, bias));
  const fresh = build.math("Mul", build.math("Sub", build.double(1), u), c);
  const next = build.math("AddV2", fresh, build.math("Mul", u, h));
  return new Map([r, u, c, next].entries());
}

/** What one step of an LSTM reads; peephole weights only where there are some. */
export interface LstmStep {
  readonly x: string;
  readonly cell: string;
  readonly hidden: string;
  readonly kernel: string;
  readonly bias: string;
  readonly peephole: { readonly i: string; readonly f: string; readonly o: string } | null;
  readonly forgetBias: number;
  /** 0 or less: no clipping. */
  readonly clip: number;
  /** Order of the gates in the kernel: input, cell, forget, output (`icfo`) or input, forget, cell, output (`ifco`). */
  readonly gates: "icfo" | "ifco";
}

/** One step of TensorFlow's fused LSTMs (tensorflow/core/kernels/rnn/lstm_ops.cc): i, cs, f, o, ci, co, h in this order. */
export function buildLstmStep(step: LstmStep, build: Builder): string[] {
  const { cell, peephole } = step;
  const add = (a: string, b: string): string => build.math("AddV2", a, b);
  const mul = (a: string, b: string): string => build.math("Mul", a, b);
  const sums = add(build.matmul(build.concat(step.x, step.hidden), step.kernel), step.bias);
  const parts = build.split(sums, 4);
  const gate = (letter: string): string => parts[step.gates.indexOf(letter)] ?? "";
  const seen = (sum: string, weight: string | undefined, state: string): string =>
    weight === undefined ? sum : add(sum, mul(state, weight));
  const i = build.math("Sigmoid", seen(gate("i"), peephole?.i, cell));
  const f = build.math("Sigmoid", seen(add(gate("f"), build.double(step.forgetBias)), peephole?.f, cell));
  const ci = build.math("Tanh", gate("c"));
  const sum = add(mul(ci, i), mul(cell, f));
  const limits = step.clip > 0 ? [build.double(-step.clip), build.double(step.clip)] : null;
  const cs = limits === null ? sum : build.math("ClipByValue", sum, ...limits);
  const o = build.math("Sigmoid", seen(gate("o"), peephole?.o, cs));
  const co = build.math("Tanh", cs);
  return [i, cs, f, o, ci, co, mul(co, o)];
}

/** `LSTMBlockCell`: one step of an LSTM. */
export function expandLstmCell(node: NodeDef, inputs: readonly string[], build: Builder): Map<number, string> {
  const [x = "", cell = "", hidden = "", kernel = "", i = "", f = "", o = "", bias = ""] = inputs;
  const step = buildLstmStep(
    {
      x,
      cell,
      hidden,
      kernel,
      bias,
      peephole: booleanAttr(node, "use_peephole") === true ? { i, f, o } : null,
      forgetBias: floatAttr(node, "forget_bias") ?? 1,
      clip: floatAttr(node, "cell_clip") ?? 3,
      gates: "icfo",
    },
    build,
  );
  return new Map(step.entries());
}
