import type { LazyTensor, TensorFile } from "../../formats/types.js";

/** A file under other names for some of its tensors. Names that would be taken twice stay as they are. */
export function renameTensors(file: TensorFile, names: ReadonlyMap<string, string>): TensorFile {
  if (names.size === 0) return file;
  const taken = new Set<string>(file.tensors.keys());
  const tensors = new Map<string, LazyTensor>();
  for (const [key, tensor] of file.tensors) {
    const wanted = names.get(key) ?? key;
    const name = wanted === key || taken.has(wanted) ? key : wanted;
    taken.add(name);
    tensors.set(name, name === key ? tensor : withName(tensor, name));
  }
  const renamed = new Map([...file.tensors.keys()].map((key, i) => [key, [...tensors.keys()][i] ?? key]));
  const aliases = file.aliases.map((group) => group.map((key) => renamed.get(key) ?? key));
  const { path, format, metadata } = file;
  return { path, format, metadata, tensors, aliases, close: () => file.close() };
}

function withName(tensor: LazyTensor, name: string): LazyTensor {
  const { dtype, shape, byteLength, location } = tensor;
  const read: LazyTensor["read"] = (target, byteOffset) => tensor.read(target, byteOffset);
  const renamed = { name, dtype, shape, byteLength, location, read };
  return tensor.strings === undefined ? renamed : { ...renamed, strings: () => tensor.strings?.() ?? [] };
}
