import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { ParityError } from "../../src/errors.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import type { LazyTensor, TensorFile } from "../../src/formats/types.js";

/** What a Python script says a tensor is: dtype, shape, hex of its row-major little-endian bytes. */
export type Described = readonly [dtype: string, shape: readonly number[], bytes: string];
export type Expected = Readonly<Record<string, Readonly<Record<string, Described>>>>;

/** A new folder under the system's temporary one, and its removal. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "parity-formats-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The `expected.json` that a fixture script wrote into its folder. */
export function readExpected(folder: string): Expected {
  return JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
}

/** A tensor in the form in which the Python scripts describe theirs. */
export function describeTensor(tensor: LazyTensor): Described {
  return [tensor.dtype, tensor.shape, Buffer.from(readTensor(tensor)).toString("hex")];
}

/** Every tensor of a file as the Python scripts describe them; closes the file. */
export function describeFile(file: TensorFile): Record<string, Described> {
  const described = Object.fromEntries([...file.tensors].map(([name, tensor]) => [name, describeTensor(tensor)]));
  file.close();
  return described;
}

/** The ParityError that `action` throws; the test fails when it throws nothing or something else. */
export function errorOf(action: () => unknown): ParityError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ParityError);
    if (error instanceof ParityError) return error;
  }
  return expect.fail("nothing was thrown");
}
