/** What kinds of ops there are, as far as the flow of numbers through a graph is concerned. */

/** Ops whose result depends on the shape of what they read, never on its values. */
export const SHAPE_ONLY_OPS: ReadonlySet<string> = new Set([
  "Shape",
  "ShapeN",
  "Size",
  "Rank",
  "ZerosLike",
  "OnesLike",
]);

/** Ops that hold a variable; their output is its value (reference variables) or its handle (resource variables). */
export const VARIABLE_OPS: ReadonlySet<string> = new Set(["Variable", "VariableV2", "VarHandleOp"]);

/** Ops that give the same elements in the same row-major order, perhaps under another shape. */
export const RESHAPING_OPS: ReadonlySet<string> = new Set([
  "Identity",
  "Reshape",
  "Squeeze",
  "ExpandDims",
  "Snapshot",
  "StopGradient",
  "PreventGradient",
  "CheckNumerics",
  "PlaceholderWithDefault",
  "EnsureShape",
]);

/** Ops that look rows up in a table: input 0 is the table, input 1 the row numbers. */
export const LOOKUP_OPS: ReadonlySet<string> = new Set(["Gather", "GatherV2", "ResourceGather"]);

/** Ops that end the forward pass of a training graph: what follows them is loss and gradients. */
export const LOSS_OPS: ReadonlySet<string> = new Set([
  "SparseSoftmaxCrossEntropyWithLogits",
  "SoftmaxCrossEntropyWithLogits",
  "L2Loss",
  "CTCLoss",
  "CTCLossV2",
  "InTopK",
  "InTopKV2",
]);

/** Ops that draw at random from what the model says. */
export const SAMPLING_OPS: ReadonlySet<string> = new Set(["Multinomial", "StatelessMultinomial"]);

/** Ops that make one number of many; a penalty on weights is made of them. */
export const REDUCTION_OPS: ReadonlySet<string> = new Set(["L2Loss", "Sum", "Mean", "Max", "Min", "EuclideanNorm"]);

/** Ops that change a variable. */
export function isUpdate(op: string): boolean {
  return (
    /^(Resource)?(Sparse)?Apply/.test(op) ||
    /^(Assign|AssignAdd|AssignSub|AssignVariableOp|AssignAddVariableOp|AssignSubVariableOp)$/.test(op) ||
    /^(Resource)?Scatter(?!Nd$)/.test(op)
  );
}

/** Ops with no numbers of the model in their output: saving, summaries, checks, updates of variables. */
export function isBookkeeping(op: string): boolean {
  return (
    isUpdate(op) ||
    /Summary(V2)?$/.test(op) ||
    /^(Save|SaveV2|SaveSlices|Restore|RestoreV2|RestoreSlice|MergeV2Checkpoints|ShardedFilename)$/.test(op) ||
    /^(Assert|Print|PrintV2|NoOp|VarIsInitializedOp|IsVariableInitialized)$/.test(op)
  );
}

/** The scope that tf.gradients opens, whatever else the graph is called. */
export function isGradientScope(name: string): boolean {
  return /(^|\/)gradients(_\d+)?\//.test(name);
}
