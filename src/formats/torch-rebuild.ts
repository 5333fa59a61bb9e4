import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { checkShape } from "./check-shape.js";
import type { PickleMeaning } from "./pickle-machine.js";
import {
  emptyDict,
  isPickleObject,
  type PickleGlobal,
  type PickleStorage,
  type PickleTensor,
  type PickleValue,
  setEntry,
} from "./pickle-values.js";
import { storageElementType, torchDType, UNTYPED } from "./torch-dtype.js";
import type { DType } from "./types.js";

const SAVE_STATE_DICT =
  "Save a plain state dict where the model is: torch.save(model.state_dict(), 'state.pt') - or as safetensors.";

type Rebuild = (args: readonly PickleValue[], where: ErrorPlace) => PickleValue;

/** Everything that a checkpoint may call, after what `torch.load(weights_only=True)` allows. */
const CALLS: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ["collections.OrderedDict", rebuildDict],
  ["torch._utils._rebuild_tensor_v2", (args, where) => rebuildTensor(args, undefined, args[6], where)],
  ["torch._utils._rebuild_tensor_v3", (args, where) => rebuildTensor(args, args[6], args[7], where)],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch.Size", ([items], where) => ({ kind: "tuple", items: listItems(items, "torch.Size", where) })],
  ["torch.device", () => ({ kind: "other", what: "device" })],
  ["__builtin__.set", () => ({ kind: "other", what: "set" })],
  ["builtins.set", () => ({ kind: "other", what: "set" })],
  ["__builtin__.frozenset", () => ({ kind: "other", what: "frozenset" })],
  ["builtins.frozenset", () => ({ kind: "other", what: "frozenset" })],
  // Bytes objects under protocol 2; their contents are never needed.
  ["_codecs.encode", () => ({ kind: "other", what: "bytes" })],
]);

/** Classes that are named but never called here: the types of `_rebuild_from_type_v2`. */
const TYPES: ReadonlySet<string> = new Set([
  "torch.Tensor",
  "torch.nn.parameter.Parameter",
  "torch.nn.parameter.Buffer",
]);

/** What pickles written by `torch.save` mean: an allow-list; every other global is FORMAT_UNSUPPORTED and is not executed. */
export const TORCH_MEANING: PickleMeaning = {
  findGlobal(module, name, where) {
    const global = `${module}.${name}`;
    const known =
      CALLS.has(global) ||
      TYPES.has(global) ||
      storageElementType(global) !== undefined ||
      torchDType(global) !== undefined;
    if (!known) {
      throw new ParityError(
        "FORMAT_UNSUPPORTED",
        `the checkpoint needs the Python object ${JSON.stringify(global).slice(1, -1)}, which parity does not execute`,
        { where: { ...where, key: global }, hint: SAVE_STATE_DICT },
      );
    }
    return { kind: "global", name: global };
  },
  call(callee, args, where) {
    const rebuild = CALLS.get(callee.name);
    if (rebuild === undefined) {
      throw new ParityError(
        "FORMAT_UNSUPPORTED",
        `the checkpoint calls ${callee.name}, which parity does not execute`,
        {
          where,
          hint: SAVE_STATE_DICT,
        },
      );
    }
    return rebuild(args, where);
  },
  load: loadStorage,
};

/** `('storage', <class>, '<key>', '<device>', <elements>)` */
function loadStorage(id: PickleValue, where: ErrorPlace): PickleStorage {
  const [tag, type, key, , count] = listItems(id, "the persistent id", where);
  const elementType = isGlobal(type) ? storageElementType(type.name) : undefined;
  if (tag !== "storage" || elementType === undefined || typeof key !== "string") {
    throw formatError("the pickle refers to something that is not a storage", where);
  }
  return { kind: "storage", key, elementType, numberOfElements: toCount(count, "the size of a storage", where) };
}

/** OrderedDict() or OrderedDict([(key, value), …]) */
function rebuildDict([pairs]: readonly PickleValue[], where: ErrorPlace): PickleValue {
  const dict = emptyDict();
  if (pairs === undefined) return dict;
  for (const pair of listItems(pairs, "OrderedDict", where)) {
    const [key = null, value = null] = listItems(pair, "an item of OrderedDict", where);
    setEntry(dict, key, value);
  }
  return dict;
}

/** (storage, offset, size, stride, requires_grad, hooks, …): `dtypeArg` is present for storages that are untyped. */
function rebuildTensor(
  [storage, offset, size, stride]: readonly PickleValue[],
  dtypeArg: PickleValue | undefined,
  metadata: PickleValue | undefined,
  where: ErrorPlace,
): PickleTensor {
  if (!isPickleObject(storage) || storage.kind !== "storage") throw formatError("a tensor has no storage", where);
  const shape = checkShape(listItems(size, "the shape of a tensor", where), "in the pickle", where);
  const strides = listItems(stride, "the strides of a tensor", where).map((value) => toCount(value, "a stride", where));
  if (strides.length !== shape.length) {
    throw formatError(`a tensor has ${shape.length} axes but ${strides.length} strides`, where);
  }
  refuseBits(metadata, where);
  const dtype = tensorDType(storage, dtypeArg, where);
  return { kind: "tensor", storage, dtype, offset: toCount(offset, "the offset of a tensor", where), shape, strides };
}

function tensorDType(storage: PickleStorage, dtypeArg: PickleValue | undefined, where: ErrorPlace): DType {
  if (isGlobal(dtypeArg)) {
    const dtype = torchDType(dtypeArg.name);
    if (dtype !== undefined) return dtype;
  }
  if (dtypeArg === undefined && storage.elementType !== UNTYPED) return storage.elementType;
  throw formatError("a tensor of an untyped storage has no dtype", where);
}

/** Views by `conj()` and `neg` keep the numbers unchanged in the file and a mark beside them. */
function refuseBits(metadata: PickleValue | undefined, where: ErrorPlace): void {
  if (!isPickleObject(metadata) || metadata.kind !== "dict") return;
  for (const { key, value } of metadata.entries.values()) {
    if (value !== true) continue;
    throw new ParityError(
      "FORMAT_UNSUPPORTED",
      `a tensor was saved as a lazy view (${String(key)}), which parity does not read`,
      {
        where,
        hint: "Save tensor.resolve_conj().resolve_neg().clone().",
      },
    );
  }
}

/** (data, requires_grad, hooks[, state]) */
function rebuildParameter([data]: readonly PickleValue[], where: ErrorPlace): PickleValue {
  if (!isPickleObject(data) || data.kind !== "tensor") throw formatError("a parameter has no tensor", where);
  return data;
}

/** (function, type, arguments, state): a tensor that carries Python attributes, which are dropped. */
function rebuildFromType([rebuild, type, args]: readonly PickleValue[], where: ErrorPlace): PickleValue {
  if (!isGlobal(rebuild) || !isGlobal(type) || !TYPES.has(type.name)) {
    throw new ParityError("FORMAT_UNSUPPORTED", "the checkpoint holds a tensor subclass, which parity does not read", {
      where,
      hint: SAVE_STATE_DICT,
    });
  }
  return TORCH_MEANING.call(rebuild, listItems(args, "the arguments of a tensor", where), where);
}

function listItems(value: PickleValue | undefined, what: string, where: ErrorPlace): readonly PickleValue[] {
  if (isPickleObject(value) && (value.kind === "tuple" || value.kind === "list")) return value.items;
  throw formatError(`${what} is not a tuple or list`, where);
}

function toCount(value: PickleValue | undefined, what: string, where: ErrorPlace): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw formatError(`${what} is not a non-negative integer`, where);
}

function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return isPickleObject(value) && value.kind === "global";
}
