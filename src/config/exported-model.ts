import { readFileSync, statSync } from "node:fs";

/** A whole model as Keras saves it, `.keras` or `.h5`. */
export interface KerasModel {
  readonly kind: "keras";
  readonly file: string;
}

/** A function of a Python file or one of its classes; dots reach into classes. */
export interface PythonModel {
  readonly kind: "python";
  readonly file: string;
  readonly callable: string;
}

/** An original that Python's TensorFlow has to write in another form before it can be run in-process. */
export type ExportedModel = KerasModel | PythonModel;

export function isExported(model: { readonly kind: string }): model is ExportedModel {
  return model.kind === "keras" || model.kind === "python";
}

/** A Python file over this size was not written by hand. */
const LARGEST_BYTES = 1 << 20;

/**
 * Whether a Python file speaks of PyTorch and not of TensorFlow: evidently no original. What is imported within a function does not
 * count: ports read their checkpoint by TensorFlow there.
 */
export function isPyTorchOnly(file: string): boolean {
  if (statSync(file).size > LARGEST_BYTES) return false;
  const text = readFileSync(file, "utf8");
  const imports = (names: string): boolean => new RegExp(`^(?:import|from)\\s+(?:${names})\\b`, "m").test(text);
  return imports("torch|torchvision|transformers") && !imports("tensorflow|keras|tf_keras|jax|flax");
}
