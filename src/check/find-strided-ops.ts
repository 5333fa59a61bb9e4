import { readAttributes } from "../tensorflow/evidence/attributes.js";
import type { Original } from "../tensorflow/understand-original.js";

const WINDOWED = /^(?:Conv2D|Conv3D|DepthwiseConv2dNative|MaxPool(?:V2|3D)?|AvgPool(?:3D)?)$/;

/** Convolutions and poolings of the original's forward pass that step by more than 1, in order of execution. */
export function findStridedOps({ graph, pass }: Pick<Original, "graph" | "pass">): string[] {
  return [...graph.nodes.values()]
    .filter((node) => pass.needed.has(node.name) && WINDOWED.test(node.op))
    .filter((node) => {
      const { strides } = readAttributes(node);
      return Array.isArray(strides) && strides.some((stride) => Number(stride) > 1);
    })
    .map((node) => node.name);
}
