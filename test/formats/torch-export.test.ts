import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import { readTensor } from "../../src/formats/read-tensor.js";
import { runPython } from "../helpers/python.js";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-exported-"));
  await runPython("test/fixtures/formats/exported_program.py", [folder]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the weights of a torch.export program", () => {
  it("are those of the module, bit for bit and by its names: all dtypes, turned, tied, empty, scalar", () => {
    const program = openTensorFile(join(folder, "model.pt2"));
    const state = openTensorFile(join(folder, "state.safetensors"));
    expect(program.format).toBe("torch-export");
    expect([...program.tensors.keys()].sort()).toEqual([...state.tensors.keys()].sort());
    expect(program.tensors.size).toBeGreaterThan(14);
    for (const [name, expected] of state.tensors) {
      const own = program.tensors.get(name);
      expect(own, name).toMatchObject({ dtype: expected.dtype, shape: expected.shape });
      if (own !== undefined)
        expect(Buffer.from(readTensor(own)).equals(Buffer.from(readTensor(expected))), name).toBe(true);
    }
    expect(program.aliases).toContainEqual(expect.arrayContaining(["first.weight", "tied.weight"]));
    program.close();
    state.close();
  });

  it("are refused where a weight is larger than its file, or its type is not known, by name", () => {
    // Members are stored as they are: a change that keeps the length leaves the archive whole but for its checksum.
    const changed = (from: string, to: string): string => {
      const path = join(folder, "broken.pt2");
      copyFileSync(join(folder, "model.pt2"), path);
      const bytes = readFileSync(path);
      const at = bytes.indexOf(from);
      expect(at).toBeGreaterThan(0);
      bytes.write(to.padEnd(from.length), at, "latin1");
      writeFileSync(path, bytes);
      return path;
    };
    const open = (path: string) => () => openTensorFile(path);
    expect(
      open(changed('"sizes": [{"as_int": 4}, {"as_int": 3}]', '"sizes": [{"as_int": 9}, {"as_int": 3}]')),
    ).toThrow();
    expect(open(changed('"config": {', '"confug": {'))).toThrow();
  });
});
