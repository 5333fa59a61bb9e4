import type { RegionView } from "./region-view.js";
import type { OriginalOp, Pattern } from "./types.js";

type Method = (Pattern & { readonly kind: "resize" })["method"];

const METHODS: Readonly<Record<string, Method>> = {
  ResizeNearestNeighbor: "nearest",
  ResizeBilinear: "bilinear",
  ResizeBicubic: "bicubic",
  ResizeArea: "area",
};

/** Kernels of ScaleAndTranslate, by which tf.image.resize does what the older ops do not. */
const KERNELS: Readonly<Record<string, Method>> = {
  lanczos3: "lanczos",
  lanczos5: "lanczos",
  triangle: "bilinear",
  keyscubic: "bicubic",
};

/** Resizing of pictures, with the flags that say where the sampling points lie. */
export function findResizes(view: RegionView): Pattern[] {
  const found: Pattern[] = [];
  for (const op of view.open(...Object.keys(METHODS), "ScaleAndTranslate")) {
    const method = METHODS[op.op] ?? KERNELS[String(op.attributes.kernel_type ?? "lanczos3")];
    if (method === undefined) continue;
    view.claimed.add(op.node);
    found.push(describeResize(op, method));
  }
  return found;
}

function describeResize(op: OriginalOp, method: Method): Pattern {
  const { align_corners: align, half_pixel_centers: half, antialias } = op.attributes;
  const newer = op.op === "ScaleAndTranslate";
  return {
    kind: "resize",
    method,
    alignCorners: align === true,
    halfPixelCentres: newer || half === true,
    // The attribute's default is true (tensorflow/core/ops/image_ops.cc).
    antialias: newer && antialias !== false,
    input: op.inputs[0] ?? "",
    output: `${op.node}:0`,
    nodes: [op.node],
  };
}
