/** A tensor's shape in one case, and what is known of that case's sizes. */
export interface CaseShape {
  readonly shape: readonly number[];
  readonly batch: number | null;
  readonly tokens: number | null;
}

/** Modules of torch.nn that have their channels behind the batch, whatever follows. */
const CHANNELS_SECOND =
  /^(Lazy)?(Conv|ConvTranspose|BatchNorm|SyncBatchNorm|InstanceNorm|GroupNorm|LocalResponseNorm|MaxPool|AvgPool|LPPool|MaxUnpool|FractionalMaxPool|AdaptiveAvgPool|AdaptiveMaxPool|Upsample|UpsamplingNearest|UpsamplingBilinear|PixelShuffle|PixelUnshuffle|ZeroPad|ReflectionPad|ReplicationPad|ConstantPad|ChannelShuffle|Dropout2|Dropout3)/;
/** Modules of torch.nn that have their channels last. */
const CHANNELS_LAST =
  /^(Lazy)?(Linear|Bilinear|Embedding|EmbeddingBag|LayerNorm|RMSNorm|LSTM|GRU|RNN|LSTMCell|GRUCell|RNNCell|MultiheadAttention|Conv1D)$/;

/**
 * What each axis of a layer's output is: from the class of the module and from the sizes of the cases. An axis is the batch or
 * runs over tokens when it is as long in every case; the channels lie behind the batch after convolutions and their like,
 * and last after linear layers and norms; four axes of which the last two run over tokens are an attention's. What nothing
 * tells is `axis N`.
 *
 * @param cases the tensor in every case, all of one rank
 * @param type class of the module
 * @param hasImages the model convolves in two dimensions, so that a tensor of four axes without tokens is an image
 */
export function nameAxes(cases: readonly CaseShape[], type: string, hasImages = false): string[] {
  const rank = cases[0]?.shape.length ?? 0;
  const isBatch = (axis: number): boolean => cases.every(({ shape, batch }) => batch !== null && shape[axis] === batch);
  const isToken = (axis: number): boolean =>
    cases.every(({ shape, tokens }) => tokens !== null && shape[axis] === tokens);
  const hasTokens = cases.some(({ tokens }) => tokens !== null);
  const isLast = CHANNELS_LAST.test(type);
  const names = new Map<number, string>();
  const name = (...given: string[]): void => {
    for (const [axis, one] of given.entries()) names.set(axis, one);
  };
  if (!isLast && rank >= 3 && (CHANNELS_SECOND.test(type) || (rank === 4 && hasImages && !hasTokens))) {
    name("batch", "channel");
    if (rank === 3 && isToken(2)) names.set(2, "token");
    if (rank === 4) name("batch", "channel", "height", "width");
  } else if (rank === 4 && isBatch(0) && isToken(2)) {
    name("batch", "head", ...(isToken(3) ? ["query", "key"] : ["token", "channel"]));
  } else {
    if (rank > 1 && isBatch(0) && isToken(1)) name("batch", "token");
    else if (rank > 2 && isToken(0) && isBatch(1)) name("token", "batch");
    else if (isBatch(0)) name("batch");
    else if (isToken(0)) name("token");
    else if (isMerged(cases)) name("batch·token");
    // One axis behind tokens is what each of them has.
    const isBehindTokens = names.size === rank - 1 && [...names.values()].includes("token");
    if (rank > 1 && rank > names.size && (isLast || isBehindTokens)) names.set(rank - 1, "channel");
  }
  return Array.from({ length: rank }, (_, axis) => names.get(axis) ?? `axis ${axis}`);
}

function isMerged(cases: readonly CaseShape[]): boolean {
  return cases.every(
    ({ shape, batch, tokens }) => batch !== null && tokens !== null && shape.length > 1 && shape[0] === batch * tokens,
  );
}
