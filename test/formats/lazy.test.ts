import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import type { LazyTensor } from "../../src/formats/types.js";
import { runPython } from "../helpers/python.js";
import { makeFolder } from "./expected-tensors.js";

/** Larger than any 32-bit count, and than what could be read or held unnoticed. */
const FLOATS = 1_300_000_000;
const LAST = Buffer.from(Float32Array.of(1.5, -2.25).buffer);

const folder = makeFolder();
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  const header = Buffer.from(`{"big":{"dtype":"F32","shape":[${FLOATS}],"data_offsets":[0,${4 * FLOATS}]}}    `);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeSparse("big.safetensors", Buffer.concat([length, header]));
  const npy = Buffer.from(`{'descr': '<f4', 'fortran_order': False, 'shape': (${FLOATS},), }`);
  writeSparse("big.npy", Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), Buffer.from([npy.length, 0]), npy]));
  await runPython("test/fixtures/formats/make_sparse.py", [folder.path, String(FLOATS)]);
}, 60_000);
afterAll(() => folder.remove());

/** A file of this beginning, zeros that take no disk, and `LAST`. */
function writeSparse(name: string, beginning: Buffer): void {
  writeFileSync(at(name), beginning);
  const size = beginning.length + 4 * FLOATS;
  truncateSync(at(name), size);
  const descriptor = openSync(at(name), "r+");
  writeSync(descriptor, LAST, 0, LAST.length, size - LAST.length);
  closeSync(descriptor);
}

/** Bytes that this process has read through system calls since it started (Linux). */
function bytesReadSoFar(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

describe("a file of 5 GB", () => {
  it.each(["big.safetensors", "big.npy", "big.npz", "big.pt"])(
    "is listed from its directory only, and read only where asked: %s",
    (name) => {
      const memory = process.memoryUsage().rss;
      const read = bytesReadSoFar();
      const file = openTensorFile(at(name));
      const tensor: LazyTensor | undefined = [...file.tensors.values()][0];
      const end = new Uint8Array(12);
      tensor?.read(end, 4 * FLOATS - end.length);
      const bytesRead = bytesReadSoFar() - read;
      const memoryGrown = process.memoryUsage().rss - memory;
      file.close();
      expect(tensor).toMatchObject({ dtype: "float32", shape: [FLOATS], byteLength: 4 * FLOATS });
      expect(Buffer.from(end).toString("hex")).toBe(`00000000${LAST.toString("hex")}`);
      expect(bytesRead).toBeLessThan(1_000_000);
      expect(memoryGrown).toBeLessThan(50_000_000);
    },
  );
});
