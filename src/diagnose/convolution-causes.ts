import { seeChannelOrder } from "./causes/channel-order.js";
import { seeDilationGroupsStride } from "./causes/dilation-groups-stride.js";
import { seeFlattenOrder } from "./causes/flatten-order.js";
import { seePaddingSame } from "./causes/padding-same.js";
import { seePoolPadding } from "./causes/pool-padding.js";
import { seeResizeGrid } from "./causes/resize-grid.js";
import { seeTransposedConvPadding } from "./causes/transposed-conv-padding.js";
import type { SeeCause } from "./layer-causes.js";

/** Causes in convolutional models. */
export const CONVOLUTION_CAUSES: readonly SeeCause[] = [
  seePaddingSame,
  seePoolPadding,
  seeTransposedConvPadding,
  seeResizeGrid,
  seeDilationGroupsStride,
  seeFlattenOrder,
  seeChannelOrder,
];
