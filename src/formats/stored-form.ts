import { ParityError } from "../errors.js";

/**
 * How the tensors of a file are kept that are not there as they were: in the safetensors metadata of the file, under one key.
 * What a recording says of itself holds for whoever opens it.
 */
export interface StoredForm {
  /** Relative L2 error that rounding may have cost, by tensor. */
  readonly loss: Readonly<Record<string, number>>;
  /** Shapes of tensors of which only some elements and figures are kept (`compare/sample`), by tensor. */
  readonly sketched: Readonly<Record<string, readonly number[]>>;
  /** Draws the elements that are kept. */
  readonly seed: number;
}

const KEY = "parity.stored";
const AS_IT_WAS: StoredForm = { loss: {}, sketched: {}, seed: 0 };

export function writeStoredForm(form: StoredForm): Record<string, string> {
  return { [KEY]: JSON.stringify(form) };
}

/** Throws FORMAT_INVALID when the entry is not what `writeStoredForm` writes. */
export function readStoredForm(metadata: Readonly<Record<string, string>>, file: string): StoredForm {
  const text = metadata[KEY];
  if (text === undefined) return AS_IT_WAS;
  const invalid = new ParityError("FORMAT_INVALID", `${file} does not say in which form its tensors are stored.`, {
    where: { file, key: `__metadata__.${KEY}` },
    hint: "Record the golden anew: parity record",
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid;
  }
  if (isForm(value)) return value;
  throw invalid;
}

function isForm(value: unknown): value is StoredForm {
  if (!isRecord(value) || !isRecord(value.loss) || !isRecord(value.sketched)) return false;
  return (
    isCount(value.seed) &&
    Object.values(value.loss).every((one) => typeof one === "number" && one >= 0 && one < 1) &&
    Object.values(value.sketched).every((one) => Array.isArray(one) && one.length <= 64 && one.every(isCount))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
