import { bytesPerElement, elementCount } from "../../src/formats/dtype.js";
import type { DType, LazyTensor } from "../../src/formats/types.js";

/** A tensor over bytes in memory, read as a file would be. `reads` counts the calls. */
export function tensorOf(
  dtype: DType,
  shape: readonly number[],
  data: ArrayBufferView,
  name = "t",
): LazyTensor & { readonly reads: () => number } {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const byteLength = elementCount(shape) * bytesPerElement(dtype);
  if (bytes.length !== byteLength) throw new Error(`${name}: ${bytes.length} bytes for shape ${shape.join("×")}`);
  let reads = 0;
  return {
    name,
    dtype,
    shape,
    byteLength,
    location: { file: `${name}.safetensors` },
    reads: () => reads,
    read(target, byteOffset) {
      reads++;
      if (byteOffset < 0 || byteOffset + target.length > bytes.length) throw new Error("read past the end");
      target.set(bytes.subarray(byteOffset, byteOffset + target.length));
    },
  };
}

export function float32(values: readonly number[], shape: readonly number[] = [values.length], name = "t"): LazyTensor {
  return tensorOf("float32", shape, Float32Array.from(values), name);
}

export function float64(values: readonly number[], shape: readonly number[] = [values.length], name = "t"): LazyTensor {
  return tensorOf("float64", shape, Float64Array.from(values), name);
}
