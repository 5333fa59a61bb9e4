import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readTensor } from "../../src/formats/read-tensor.js";
import { openShardedSafetensors } from "../../src/formats/safetensors-sharded.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { errorOf, makeFolder } from "./expected-tensors.js";

const parent = makeFolder();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(parent.path, "model-"));
});
afterAll(() => parent.remove());

function writeShard(file: string, tensors: Readonly<Record<string, readonly number[]>>): void {
  const list = Object.entries(tensors).map(([name, bytes]) => ({
    name,
    dtype: "uint8" as const,
    shape: [bytes.length],
    data: new Uint8Array(bytes),
  }));
  writeSafetensors(join(folder, file), list);
}

function writeIndex(weightMap: object, extra: object = {}): string {
  return writeIndexText(JSON.stringify({ ...extra, weight_map: weightMap }));
}

function writeIndexText(text: string): string {
  const path = join(folder, "model.safetensors.index.json");
  writeFileSync(path, text);
  return path;
}

describe("openShardedSafetensors", () => {
  it("reads all shards as one file, in the order of the index", () => {
    writeShard("2.safetensors", { c: [7] });
    writeShard("1.safetensors", { a: [1, 2], b: [3] });
    const file = openShardedSafetensors(
      writeIndex(
        { a: "1.safetensors", b: "1.safetensors", c: "2.safetensors" },
        { metadata: { total_size: 4, note: "x" } },
      ),
    );
    expect([...file.tensors].map(([name, tensor]) => [name, ...readTensor(tensor)])).toEqual([
      ["a", 1, 2],
      ["b", 3],
      ["c", 7],
    ]);
    expect(file.metadata).toEqual({ total_size: "4", note: "x" });
    file.close();
  });

  it("reads shards that a download cache stores as links to another folder", () => {
    const blobs = mkdtempSync(join(parent.path, "blobs-"));
    writeSafetensors(join(blobs, "hash"), [{ name: "a", dtype: "uint8", shape: [1], data: new Uint8Array([4]) }]);
    symlinkSync(join(blobs, "hash"), join(folder, "1.safetensors"));
    const file = openShardedSafetensors(writeIndex({ a: "1.safetensors" }));
    expect([...file.tensors.keys()]).toEqual(["a"]);
    file.close();
  });

  it("reads shards in a folder below the index", () => {
    mkdirSync(join(folder, "parts"));
    writeShard("parts/1.safetensors", { a: [1] });
    const file = openShardedSafetensors(writeIndex({ a: "parts/1.safetensors" }));
    expect(file.tensors.size).toBe(1);
    file.close();
  });

  it("names the shard that was not downloaded", () => {
    const error = errorOf(() => openShardedSafetensors(writeIndex({ a: "1.safetensors" })));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.message).toMatch(/the shard 1\.safetensors named by .*index\.json cannot be read: .*no such file/);
    expect(error.hint).toMatch(/Fetch the missing shard/);
  });

  it("names the tensor that its shard does not hold", () => {
    writeShard("1.safetensors", { a: [1] });
    const error = errorOf(() => openShardedSafetensors(writeIndex({ a: "1.safetensors", b: "1.safetensors" })));
    expect(error.code).toBe("FORMAT_INVALID");
    expect(error.message).toBe("the index says that 1.safetensors holds the tensor b, but it does not");
  });

  it("refuses two shards that hold one tensor with different numbers, instead of taking either", () => {
    writeShard("1.safetensors", { a: [1], b: [2] });
    writeShard("2.safetensors", { a: [9], c: [3] });
    const error = errorOf(() => openShardedSafetensors(writeIndex({ a: "1.safetensors", c: "2.safetensors" })));
    expect(error.message).toMatch(/tensor a is in two shards with different contents/);
  });

  it("accepts two shards that hold the same tensor", () => {
    writeShard("1.safetensors", { a: [1], b: [2] });
    writeShard("2.safetensors", { a: [1], c: [3] });
    const file = openShardedSafetensors(writeIndex({ a: "2.safetensors", b: "1.safetensors", c: "2.safetensors" }));
    expect([...file.tensors.keys()].sort()).toEqual(["a", "b", "c"]);
    file.close();
  });

  it.each(["../secret.safetensors", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "\\\\host\\x", "", "a\0b"])(
    "does not follow the path %j out of the index's folder",
    (shard) => {
      const error = errorOf(() => openShardedSafetensors(writeIndex({ a: shard })));
      expect(error.code).toBe("FORMAT_INVALID");
      expect(error.message).toMatch(/not a path below the index's own folder/);
    },
  );

  it("refuses an index that maps one tensor to two shards", () => {
    const path = writeIndexText('{"weight_map": {"a": "1.safetensors", "a": "2.safetensors"}}');
    expect(errorOf(() => openShardedSafetensors(path)).message).toMatch(/has the key "a" twice/);
  });

  it.each([
    ["{", /not valid JSON/],
    ["[]", /no "weight_map" object/],
    ['{"weight_map": []}', /no "weight_map" object/],
    ['{"weight_map": {"a": 1}}', /weight_map entry a is not a file name/],
  ])("says what is wrong with the index %s", (text, message) => {
    expect(errorOf(() => openShardedSafetensors(writeIndexText(text))).message).toMatch(message);
  });
});
