import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { MAX_NAME_LENGTH, MAX_PICKLE_DEPTH, MAX_PICKLE_VISITS, MAX_TENSORS } from "./limits.js";
import { isPickleObject, type PickleTensor, type PickleValue } from "./pickle-values.js";

/** The name of a tensor that was saved alone: `torch.save(tensor, path)`. */
export const LONE_TENSOR_NAME = "tensor";

export interface NamedTensors {
  /** By the path to each tensor: dict keys and list indices joined by ".". */
  readonly tensors: ReadonlyMap<string, PickleTensor>;
  /** Text, numbers and booleans that are dict entries, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Names every tensor of a pickled checkpoint. Throws FORMAT_INVALID for nesting or counts over the limits, and
 * FORMAT_UNSUPPORTED when two tensors get the same name (`{"a.b": t, "a": {"b": u}}`) and for bare storages.
 */
export function nameTensors(root: PickleValue, where: ErrorPlace): NamedTensors {
  const walk = new NamingWalk(where);
  walk.visit(root, "", 0);
  return { tensors: walk.tensors, metadata: Object.fromEntries(walk.metadata) };
}

class NamingWalk {
  readonly tensors = new Map<string, PickleTensor>();
  readonly metadata = new Map<string, string>();
  readonly #where: ErrorPlace;
  #visits = 0;

  constructor(where: ErrorPlace) {
    this.#where = where;
  }

  visit(value: PickleValue, path: string, depth: number): void {
    this.#checkLimits(path, depth);
    if (!isPickleObject(value)) return;
    switch (value.kind) {
      case "tensor":
        this.#addTensor(path || LONE_TENSOR_NAME, value);
        return;
      case "list":
      case "tuple":
        this.#visitItems(value.items, path, depth + 1);
        return;
      case "dict":
        for (const { key, value: item } of value.entries.values()) {
          const name = join(path, keyText(key));
          if (isScalar(item)) this.metadata.set(name, String(item));
          this.visit(item, name, depth + 1);
        }
        return;
      case "storage":
        throw new ParityError("FORMAT_UNSUPPORTED", `${path} is a bare storage, which has no shape`, {
          where: { ...this.#where, key: path },
          hint: "Save tensors, not their storages.",
        });
    }
  }

  #visitItems(items: readonly PickleValue[], path: string, depth: number): void {
    this.#visits += items.length;
    for (let i = 0; i < items.length; i += 1) {
      const item = items[i];
      // Long lists of plain numbers (parameter ids, token ids) are common: no names are made for them.
      if (isPickleObject(item)) this.visit(item, join(path, String(i)), depth);
    }
  }

  #checkLimits(path: string, depth: number): void {
    this.#visits += 1;
    if (depth > MAX_PICKLE_DEPTH) {
      throw formatError(`the checkpoint nests deeper than ${MAX_PICKLE_DEPTH} levels, or contains itself`, this.#where);
    }
    if (this.#visits > MAX_PICKLE_VISITS) {
      throw formatError(`the checkpoint holds more than ${MAX_PICKLE_VISITS} values`, this.#where);
    }
    if (path.length > MAX_NAME_LENGTH) {
      throw formatError(`a name in the checkpoint has more than ${MAX_NAME_LENGTH} characters`, this.#where);
    }
  }

  #addTensor(name: string, tensor: PickleTensor): void {
    if (this.tensors.has(name)) {
      throw new ParityError("FORMAT_UNSUPPORTED", `two tensors of the checkpoint would be named ${name}`, {
        where: { ...this.#where, key: name },
        hint: "Save the inner state dict alone.",
      });
    }
    this.tensors.set(name, tensor);
    if (this.tensors.size > MAX_TENSORS) {
      throw formatError(`the checkpoint holds more than ${MAX_TENSORS} tensors`, this.#where);
    }
  }
}

function isScalar(value: PickleValue): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function join(path: string, step: string): string {
  return path === "" ? step : `${path}.${step}`;
}

/** Tuples and other keys that are neither text nor numbers are shown by their first level; they do not occur in state dicts. */
function keyText(key: PickleValue): string {
  if (!isPickleObject(key)) return String(key);
  return key.kind === "tuple"
    ? `(${key.items.map((item) => (isScalar(item) ? String(item) : "…")).join(",")})`
    : key.kind;
}
