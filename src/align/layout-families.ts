/**
 * Conventions in which the axes of an activation can be ordered. `same`: as in the original. `channels`: last in the
 * original, first in the port; `channels-back`: the other way round. `time`: batch-major on one side, time-major on the
 * other. `flattened`: image and channel axes merged after they were ordered by the convention of the other ones.
 */
export type LayoutFamily = "same" | "channels" | "channels-back" | "time" | "flattened";

export const LAYOUT_FAMILIES: readonly LayoutFamily[] = ["same", "channels", "time", "channels-back"];

/** Channels last → channels first by rank: TensorFlow's data formats NWC, NHWC and NDHWC against PyTorch's. */
const CHANNELS: readonly (readonly number[])[] = [
  [0, 2, 1],
  [0, 3, 1, 2],
  [0, 4, 1, 2, 3],
];

/** And back; of three axes the exchange of the last two is its own inverse. */
const CHANNELS_BACK: readonly (readonly number[])[] = [
  [0, 2, 3, 1],
  [0, 2, 3, 4, 1],
];

/** [batch, time, channels] ↔ [time, batch, channels]: `batch_first=False`, and TensorFlow's `time_major=True`. */
const TIME: readonly (readonly number[])[] = [[1, 0, 2]];

/**
 * The permutations of a convention, reference → candidate as in numpy's transpose. There are no others: any permutation
 * fits some square tensor, and a port that swaps height with width or heads with positions must stay visible.
 */
export function conventionPermutations(family: LayoutFamily): readonly (readonly number[])[] {
  if (family === "channels") return CHANNELS;
  if (family === "channels-back") return CHANNELS_BACK;
  return family === "time" ? TIME : [];
}

/** Channels-last → channels-first for an activation of this rank; null where there is no such convention. */
export function channelsFirst(rank: number): readonly number[] | null {
  return CHANNELS.find((permute) => permute.length === rank) ?? null;
}
