import { createHash } from "node:crypto";
import type { InputTensor } from "./types.js";

/**
 * sha256, in hex, of what an input *is*. The preimage, in this order and with nothing between:
 *
 * 1. the dtype's name in ASCII and a line feed (`int32\n`);
 * 2. the sizes in decimal joined by commas and a line feed (`3,7\n`; a scalar gives an empty line);
 * 3. the elements, row-major and little-endian.
 *
 * The name is left out on purpose: both sides may call the same input differently.
 */
export function hashInput(tensor: Pick<InputTensor, "dtype" | "shape" | "data">): string {
  return createHash("sha256")
    .update(`${tensor.dtype}\n${tensor.shape.join(",")}\n`)
    .update(tensor.data)
    .digest("hex");
}
