import type { NodeDef } from "../../formats/tf-proto/types.js";
import type { Builder } from "./builder.js";
import { expandBatchNorm } from "./expand-batch-norm.js";
import { expandBlockLstm } from "./expand-block-lstm.js";
import { expandGruCell, expandLstmCell } from "./expand-cells.js";
import { expandLrn } from "./expand-lrn.js";

/** Writes an op in elementary ones; gives the tensor that stands for each of its outputs, null where it cannot. */
export type Expand = (node: NodeDef, inputs: readonly string[], build: Builder) => ReadonlyMap<number, string> | null;

/** Fused ops without a kernel in double that are the same as several elementary ops that have one. */
export const EXPANSIONS: Readonly<Record<string, Expand>> = {
  BlockLSTM: expandBlockLstm,
  BlockLSTMV2: expandBlockLstm,
  FusedBatchNorm: expandBatchNorm,
  FusedBatchNormV2: expandBatchNorm,
  FusedBatchNormV3: expandBatchNorm,
  GRUBlockCell: expandGruCell,
  LSTMBlockCell: expandLstmCell,
  LRN: expandLrn,
};
