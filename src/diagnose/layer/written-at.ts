import type { SourcePlace } from "../../recording/types.js";
import type { TracedOp } from "../../runners/edits.js";
import type { Situation } from "../situation.js";

/** Modules of torch.nn whose forward is one functional call: what the call gets stands where the module is constructed. */
const WRAPPING: ReadonlySet<string> = new Set([
  "LayerNorm",
  "RMSNorm",
  "BatchNorm1d",
  "BatchNorm2d",
  "BatchNorm3d",
  "SyncBatchNorm",
  "GroupNorm",
  "InstanceNorm1d",
  "InstanceNorm2d",
  "InstanceNorm3d",
  "GELU",
  "ReLU",
  "ReLU6",
  "LeakyReLU",
  "ELU",
  "CELU",
  "SELU",
  "SiLU",
  "Mish",
  "Hardswish",
  "Hardsigmoid",
  "Hardtanh",
  "Tanh",
  "Sigmoid",
  "Softplus",
  "Softsign",
  "PReLU",
  "Softmax",
  "LogSoftmax",
  "LogSigmoid",
  "Linear",
  "Embedding",
  "Conv1d",
  "Conv2d",
  "Conv3d",
  "ConvTranspose1d",
  "ConvTranspose2d",
  "Dropout",
  "Threshold",
  "Identity",
]);

export interface WrittenAt {
  readonly source: SourcePlace | null;
  /** Class of the torch.nn module that makes the call; null when the user's own forward does. */
  readonly wrapper: string | null;
}

/** The line that decides what a call is given: the module's construction where torch.nn makes the call, else the call itself. */
export function writtenAt(situation: Situation, op: TracedOp): WrittenAt {
  const module = situation.modules.find((one) => one.path === op.key.module);
  // A class of the user's may be called Linear, too: what it calls stands in its own forward.
  const isTorch = module === undefined || /^torch\./.test(module.qualname);
  const wrapper = isTorch && WRAPPING.has(op.moduleType) ? op.moduleType : null;
  const constructed = wrapper === null ? undefined : module?.source;
  return constructed == null ? { source: op.source, wrapper: null } : { source: constructed, wrapper };
}

/** How messages name that line: `model.py:33`, else the module. */
export function nameOf(at: WrittenAt, op: TracedOp): string {
  if (at.source !== null) return `${at.source.file}:${at.source.line}`;
  return op.key.module === "" ? "the model" : op.key.module;
}
