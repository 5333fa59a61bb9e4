import { ParityError } from "../errors.js";
import { bytesPerElement, elementCount } from "../formats/dtype.js";
import { gatherRuns } from "../formats/gather.js";
import { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from "../formats/half.js";
import { readTensor } from "../formats/read-tensor.js";
import { openSafetensors } from "../formats/safetensors.js";
import { planRuns, rowMajorStrides } from "../formats/strided.js";
import type { DType } from "../formats/types.js";
import { type Random, randomFor } from "../inputs/random.js";

/** A tensor in memory: row-major, little-endian, aligned. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Reads a tensor of a safetensors file. Throws INPUTS_INVALID when it is not there. */
export function readValue(file: string, name: string): Value {
  const opened = openSafetensors(file);
  try {
    const tensor = opened.tensors.get(name);
    if (tensor === undefined) {
      throw new ParityError("INPUTS_INVALID", `${file} holds no tensor ${name}.`, { where: { file, key: name } });
    }
    return { dtype: tensor.dtype, shape: tensor.shape, bytes: readTensor(tensor) };
  } finally {
    opened.close();
  }
}

/** numpy's `transpose(permute)`. */
export function permuteValue(value: Value, permute: readonly number[]): Value {
  const strides = rowMajorStrides(value.shape);
  const shape = permute.map((axis) => value.shape[axis] ?? 1);
  const itemBytes = bytesPerElement(value.dtype);
  const plan = planRuns(
    shape,
    permute.map((axis) => strides[axis] ?? 1),
    itemBytes,
  );
  const bytes = new Uint8Array(value.bytes.length);
  gatherRuns(plan, value.bytes, bytes, 0);
  return { dtype: value.dtype, shape, bytes };
}

/** The same numbers in another shape; null when they are not as many. */
export function reshapeValue(value: Value, shape: readonly number[]): Value | null {
  return elementCount(shape) === elementCount(value.shape) ? { ...value, shape } : null;
}

/** The numbers as another type: integers keep their value or are refused, floats are rounded to nearest. */
export function castValue(value: Value, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  const { shape } = value;
  const numbers = toNumbers(value);
  return { dtype, shape, bytes: fromNumbers(numbers, dtype) };
}

function toNumbers({ dtype, bytes }: Value): ArrayLike<number> {
  const { buffer, byteOffset, byteLength } = bytes;
  const count = byteLength / bytesPerElement(dtype);
  switch (dtype) {
    case "float64":
      return new Float64Array(buffer, byteOffset, count);
    case "float32":
      return new Float32Array(buffer, byteOffset, count);
    case "float16":
      return widen(float16ToFloat32, new Uint16Array(buffer, byteOffset, count));
    case "bfloat16":
      return widen(bfloat16ToFloat32, new Uint16Array(buffer, byteOffset, count));
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case "int32":
      return new Int32Array(buffer, byteOffset, count);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, count);
    case "int16":
      return new Int16Array(buffer, byteOffset, count);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, count);
    case "int8":
      return new Int8Array(buffer, byteOffset, count);
    case "uint8":
    case "bool":
      return bytes;
    default:
      throw new ParityError("INPUTS_INVALID", `tensors of type ${dtype} cannot be given to an ONNX model`);
  }
}

function widen(into: (bits: Uint16Array, out: Float32Array) => void, bits: Uint16Array): Float32Array {
  const numbers = new Float32Array(bits.length);
  into(bits, numbers);
  return numbers;
}

function fromNumbers(numbers: ArrayLike<number>, dtype: DType): Uint8Array {
  const made = ((): ArrayBufferView => {
    switch (dtype) {
      case "float64":
        return Float64Array.from(numbers);
      case "float32":
        return Float32Array.from(numbers);
      case "float16": {
        const bits = new Uint16Array(numbers.length);
        float32ToFloat16(Float32Array.from(numbers), bits);
        return bits;
      }
      case "int64":
        return BigInt64Array.from(Array.from(numbers, (one) => BigInt(Math.trunc(one))));
      case "uint64":
        return BigUint64Array.from(Array.from(numbers, (one) => BigInt(Math.trunc(one))));
      case "int32":
        return Int32Array.from(numbers);
      case "uint32":
        return Uint32Array.from(numbers);
      case "int16":
        return Int16Array.from(numbers);
      case "uint16":
        return Uint16Array.from(numbers);
      case "int8":
        return Int8Array.from(numbers);
      case "uint8":
        return Uint8Array.from(numbers);
      case "bool":
        return Uint8Array.from(numbers, (one) => Number(one !== 0));
      default:
        throw new ParityError("FORMAT_UNSUPPORTED", `an ONNX model cannot be given tensors of type ${dtype}`);
    }
  })();
  return new Uint8Array(made.buffer, made.byteOffset, made.byteLength);
}

/**
 * Every floating-point number one unit in the last place off, up or down by a coin that the seed and the name throw; zeros, infinities and NaN stay. Bit
 * patterns of IEEE numbers of one sign are in order of size, so that the neighbour is the next pattern.
 */
export function jitterValue(value: Value, seed: number, name: string): Value {
  const { dtype } = value;
  const random = randomFor(seed, name);
  const bytes = value.bytes.slice();
  if (dtype === "float32") {
    const words = new Int32Array(bytes.buffer);
    for (let i = 0; i < words.length; i += 1) {
      const size = (words[i] ?? 0) & 0x7fff_ffff;
      if (size !== 0 && size < 0x7f7f_ffff) words[i] = (words[i] ?? 0) + coin(random);
    }
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const words = new Uint16Array(bytes.buffer);
    const most = dtype === "float16" ? 0x7bff : 0x7f7f;
    for (let i = 0; i < words.length; i += 1) {
      const size = (words[i] ?? 0) & 0x7fff;
      if (size !== 0 && size < most) words[i] = (words[i] ?? 0) + coin(random);
    }
  } else return value;
  return { ...value, bytes };
}

function coin(random: Random): number {
  return (random.nextUint32() & 0x1_0000) === 0 ? 1 : -1;
}

/** Relative distance (L2) of two tensors of floating-point numbers; infinite where shapes, or NaN, differ. */
export function relativeDistance(a: Value, b: Value): number {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  const [left, right] = [toNumbers(a), toNumbers(b)];
  let [difference, size] = [0, 0];
  for (let i = 0; i < left.length; i += 1) {
    const [x, y] = [left[i] ?? 0, right[i] ?? 0];
    if (Object.is(x, y) || x === y) {
      if (Number.isFinite(x)) size += x * x;
      continue;
    }
    difference += (x - y) ** 2;
    size += x * x;
  }
  if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}
