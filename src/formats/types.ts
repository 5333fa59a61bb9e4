/**
 * What every format reader gives back: names, shapes and dtypes at once, the numbers only when they are asked for.
 */

export type DType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool"
  | "complex64"
  | "complex128"
  | "string";

/** Where a tensor's bytes come from, for error messages. */
export interface TensorLocation {
  readonly file: string;
  readonly offset?: number;
  /** The tensor's own bytes lie there in one piece, so that another process may map them instead of being sent them. */
  readonly inOnePiece?: true;
}

/**
 * A tensor whose bytes are read on demand. The bytes are what the tensor *means*: row-major (C order),
 * little-endian, contiguous, whatever the file's own order, strides, slices or compression are.
 */
export interface LazyTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes of the contiguous tensor; 0 for `string`, whose elements come from `strings()`. */
  readonly byteLength: number;
  readonly location: TensorLocation;
  /** Fills `target` with the bytes that start at `byteOffset`. Throws a ParityError when the file is shorter than it claims. */
  read(target: Uint8Array, byteOffset: number): void;
  /** The elements of a `string` tensor. Absent for other dtypes. */
  strings?(): readonly Uint8Array[];
}

/** An open model file. `tensors` keeps the file's own order. */
export interface TensorFile {
  readonly path: string;
  readonly format:
    | "tf-checkpoint"
    | "tf-graph"
    | "safetensors"
    | "torch-zip"
    | "torch-export"
    | "npz"
    | "npy"
    | "onnx"
    | "hdf5"
    | "keras";
  readonly tensors: ReadonlyMap<string, LazyTensor>;
  /** Text metadata that the format carries (safetensors `__metadata__`, …). */
  readonly metadata: Readonly<Record<string, string>>;
  /** Names that are the same storage (tied weights), where the format tells. Each group has at least two names. */
  readonly aliases: readonly (readonly string[])[];
  /** Readable names of tensors whose own names say little (Keras' `layers/dense/vars/0`), by name; only where the file tells. */
  readonly labels?: ReadonlyMap<string, string>;
  close(): void;
}
