import type { LazyTensor, TensorFile } from "./types.js";

/** A view of a file with some of its tensors, each under the name that `names` gives its own name. Closing it closes the file. */
export function pickTensors(file: TensorFile, names: ReadonlyMap<string, string>): TensorFile {
  const tensors = new Map<string, LazyTensor>();
  for (const [own, shown] of names) {
    const tensor = file.tensors.get(own);
    if (tensor !== undefined) tensors.set(shown, renamed(tensor, shown));
  }
  const { path, format, metadata } = file;
  return { path, format, metadata, tensors, aliases: [], close: () => file.close() };
}

function renamed(tensor: LazyTensor, name: string): LazyTensor {
  const { dtype, shape, byteLength, location, strings } = tensor;
  return {
    name,
    dtype,
    shape,
    byteLength,
    location,
    read: (target, byteOffset) => tensor.read(target, byteOffset),
    ...(strings === undefined ? {} : { strings: () => strings.call(tensor) }),
  };
}
