/** What a module class fixes about the order of its output's axes. */
export type ModuleKind = "channels-first" | "channels-last" | "any";

/** Convolutions, pooling and batch normalisation of torch give channels behind the batch and nothing else. */
const CHANNELS_FIRST =
  /^(Lazy)?((Conv|ConvTranspose|BatchNorm|InstanceNorm|MaxPool|AvgPool|LPPool|MaxUnpool|AdaptiveMaxPool|AdaptiveAvgPool|ZeroPad|ReflectionPad|ReplicationPad|ConstantPad|CircularPad|Dropout|FractionalMaxPool)[123]d|Upsample|UpsamplingNearest2d|UpsamplingBilinear2d|PixelShuffle|PixelUnshuffle|LocalResponseNorm)$/;

/** Layers that work on the last axis; whether batch or time comes first is not theirs to say. */
const CHANNELS_LAST = /^(Lazy)?(Linear|LayerNorm|RMSNorm|Embedding|Conv1D|MultiheadAttention|LSTM|GRU|RNN)$/;

/** Layers of torch, by class name; a user's own class of such a name is taken for the same. */
export function moduleKind(type: string): ModuleKind {
  if (CHANNELS_FIRST.test(type)) return "channels-first";
  return CHANNELS_LAST.test(type) ? "channels-last" : "any";
}
