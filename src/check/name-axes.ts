/** What is known of the sizes of one case: of a model that reads token ids or sequences, and of the batch. */
export interface CaseSizes {
  readonly batch: number | null;
  readonly tokens: number | null;
}

/** Modules of torch.nn that have their channels behind the batch, whatever follows. */
const CHANNELS_SECOND =
  /^(Lazy)?(Conv|ConvTranspose|BatchNorm|SyncBatchNorm|InstanceNorm|GroupNorm|LocalResponseNorm|MaxPool|AvgPool|LPPool|MaxUnpool|FractionalMaxPool|AdaptiveAvgPool|AdaptiveMaxPool|Upsample|UpsamplingNearest|UpsamplingBilinear|PixelShuffle|PixelUnshuffle|ZeroPad|ReflectionPad|ReplicationPad|ConstantPad|ChannelShuffle|Dropout2|Dropout3)/;
/** Modules of torch.nn that have their channels last. */
const CHANNELS_LAST =
  /^(Lazy)?(Linear|Bilinear|Embedding|EmbeddingBag|LayerNorm|RMSNorm|LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell|MultiheadAttention|Conv1D)$/;
const PLACES = ["height", "width"];

/**
 * What each axis of a layer's output is: from the class of the module and from the sizes of the case. Sizes tell the batch and
 * the tokens; the channels lie behind the batch after convolutions and their like, and last after linear layers and norms;
 * four axes of which the last two run over tokens are an attention's. What nothing tells is `axis N`.
 *
 * @param type class of the module
 * @param hasImages the model convolves in two dimensions, so that a tensor of four axes without tokens is an image
 */
export function nameAxes(shape: readonly number[], type: string, sizes: CaseSizes, hasImages = false): string[] {
  const names: (string | null)[] = shape.map(() => null);
  const rank = shape.length;
  const isImage = rank >= 3 && CHANNELS_SECOND.test(type) && !CHANNELS_LAST.test(type);
  if (isImage || (rank === 4 && hasImages && sizes.tokens === null && !CHANNELS_LAST.test(type))) {
    names[0] = "batch";
    names[1] = "channel";
    if (rank === 3) names[2] = sizes.tokens === shape[2] ? "token" : null;
    if (rank === 4) names.splice(2, 2, ...PLACES);
  } else if (rank === 4 && isAttention(shape, sizes)) names.splice(0, 4, "batch", "head", "query", "key");
  else nameSequence(names, shape, sizes, type);
  return names.map((name, axis) => name ?? `axis ${axis}`);
}

function isAttention(shape: readonly number[], { batch, tokens }: CaseSizes): boolean {
  const [outer, , query, key] = shape;
  return tokens !== null && query === tokens && (key ?? 0) >= tokens && (batch === null || outer === batch);
}

function nameSequence(
  names: (string | null)[],
  shape: readonly number[],
  { batch, tokens }: CaseSizes,
  type: string,
): void {
  const rank = shape.length;
  const [first, second, third] = shape;
  let known = 0;
  if (batch !== null && tokens !== null && rank >= 2 && first === batch && second === tokens) {
    names.splice(0, 2, "batch", "token");
    known = 2;
  } else if (batch !== null && tokens !== null && rank >= 3 && first === tokens && second === batch) {
    names.splice(0, 2, "token", "batch");
    known = 2;
  } else if (rank === 4 && first === batch && third === tokens) {
    names.splice(0, 4, "batch", "head", "token", "channel");
    return;
  } else if (batch !== null && tokens !== null && rank >= 1 && first === batch * tokens && batch > 1 && tokens > 1) {
    names[0] = "batch·token";
    known = 1;
  } else if (first === batch && rank >= 1) {
    names[0] = "batch";
    known = 1;
  } else if (first === tokens && rank >= 1) {
    names[0] = "token";
    known = 1;
  }
  // One axis behind tokens is what each of them has; after a layer with its channels last it is said by the layer.
  const isBehindTokens = known === rank - 1 && names.includes("token");
  if (rank > known && rank > 1 && (CHANNELS_LAST.test(type) || isBehindTokens)) names[rank - 1] = "channel";
}
