import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTensor } from "../../src/formats/read-tensor.js";
import { openTorchZip } from "../../src/formats/torch-zip.js";
import { runPython } from "../helpers/python.js";
import { describeFile, type Expected, errorOf, makeFolder, readExpected } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_torch.py", [folder.path]);
  expected = readExpected(folder.path);
}, 60_000);
afterAll(() => folder.remove());

const at = (name: string): string => join(folder.path, name);

describe("openTorchZip", () => {
  it.each([
    ["state_dict-2.pt", "a state dict with tied weights and buffers"],
    ["state_dict-4.pt", "pickle protocol 4"],
    ["state_dict-5.pt", "pickle protocol 5"],
    ["dtypes-2.pt", "every dtype, float8 and bfloat16 included"],
    ["views-2.pt", "transposed, sliced, offset, expanded and empty views"],
    ["views-4.pt", "views, protocol 4"],
    ["nested-2.pt", "a training checkpoint with optimizer state"],
    ["nested-5.pt", "a training checkpoint, protocol 5"],
    ["parameter-2.pt", "parameters, one with a Python attribute"],
    ["alone-2.pt", "a lone tensor"],
    ["list-2.pt", "a list of tensors"],
    ["integers-2.pt", "keys in their own order, whatever they look like"],
    ["big.pt", "big-endian storages"],
    ["deflated.pt", "an archive that was zipped again with compression"],
  ])("reads %s (%s) as torch does", (name) => {
    const file = openTorchZip(at(name));
    expect(describeFile(file)).toEqual(expected[name]);
  });

  it("keeps the checkpoint's own order of names, whatever they look like", () => {
    const file = openTorchZip(at("integers-2.pt"));
    expect([...file.tensors.keys()]).toEqual(["b", "a", "__proto__", "0"]);
    file.close();
  });

  it("reads any part of a strided view, so that blocks can be compared", () => {
    const file = openTorchZip(at("views-2.pt"));
    for (const name of ["transposed", "slice", "expanded", "wide", "wideT", "asComplex"]) {
      const tensor = file.tensors.get(name);
      if (tensor === undefined) throw new Error(`no ${name}`);
      const whole = readTensor(tensor);
      for (const [start, length] of [
        [0, 3],
        [1, 17],
        [6, 41],
        [whole.length - 9, 9],
      ] as const) {
        const part = new Uint8Array(length);
        tensor.read(part, start);
        expect([name, part]).toEqual([name, whole.subarray(start, start + length)]);
      }
    }
    file.close();
  });

  it("lists tied weights, and only those", () => {
    const file = openTorchZip(at("state_dict-2.pt"));
    expect(file.aliases).toEqual([["wte.weight", "head.weight"]]);
    file.close();
    const views = openTorchZip(at("views-2.pt"));
    expect(views.aliases).toEqual([]);
    views.close();
  });

  it("names what lies in containers by its path and keeps plain values as metadata", () => {
    const file = openTorchZip(at("nested-2.pt"));
    expect([...file.tensors.keys()]).toContain("state_dict.h.0.weight");
    expect([...file.tensors.keys()]).toContain("optimizer.state.0.exp_avg");
    expect([...file.tensors.keys()]).toContain("list.1.0");
    expect(file.metadata).toMatchObject({ epoch: "3", loss: "0.25", best: "true", name: "tiny é" });
    file.close();
  });

  it("says where the bytes of a tensor are in the file", () => {
    const file = openTorchZip(at("alone-2.pt"));
    const tensor = file.tensors.get("tensor");
    const offset = tensor?.location.offset ?? -1;
    expect(
      readFileSync(at("alone-2.pt"))
        .subarray(offset, offset + 16)
        .toString("hex"),
    ).toBe("0000803f".repeat(4));
    file.close();
  });

  it("refuses a file from before PyTorch 1.6 with the command that converts it", () => {
    const error = errorOf(() => openTorchZip(at("legacy.pt")));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toMatch(/the format that torch\.save wrote before PyTorch 1\.6/);
    expect(error.hint).toBe(
      `Convert it: python -c "import torch; torch.save(torch.load('${at("legacy.pt")}', map_location='cpu', weights_only=True), 'new.pt')"`,
    );
  });

  it("does not put a path that needs quoting into a command", () => {
    const odd = at("o'dd $(x).pt");
    writeFileSync(odd, readFileSync(at("legacy.pt")));
    expect(errorOf(() => openTorchZip(odd)).hint).toContain("torch.load('old.pt'");
  });

  it.each([
    ["model.pt", /needs the Python object __main__\.Net, which parity does not execute/, /model\.state_dict\(\)/],
    ["sparse.pt", /needs the Python object torch\._utils\._rebuild_sparse_tensor, which/, /state_dict/],
    ["conj.pt", /saved as a lazy view \(conj\)/, /resolve_conj/],
    ["storage.pt", /s is a bare storage, which has no shape/, /Save tensors/],
    ["ambiguous.pt", /two tensors of the checkpoint would be named a\.b/, /inner state dict/],
    ["script.pt", /is a TorchScript program, not a state dict/, /torch\.jit\.load/],
  ])("refuses %s and says what to do instead", (name, message, hint) => {
    const error = errorOf(() => openTorchZip(at(name)));
    expect(error.code).toBe("FORMAT_UNSUPPORTED");
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it("says that a download was cut off", () => {
    writeFileSync(at("cut.pt"), readFileSync(at("state_dict-2.pt")).subarray(0, 3000));
    const error = errorOf(() => openTorchZip(at("cut.pt")));
    expect(error.message).toMatch(/does not end with a zip archive's directory/);
  });

  it("notices a damaged pickle by its checksum", () => {
    const bytes = readFileSync(at("state_dict-2.pt"));
    const start = bytes.indexOf("wte.weight");
    bytes[start] = 0x78;
    writeFileSync(at("damaged.pt"), bytes);
    expect(errorOf(() => openTorchZip(at("damaged.pt"))).message).toMatch(/data\.pkl do not have the checksum/);
  });

  it("refuses a storage whose size in the archive is not what the pickle says", () => {
    const bytes = readFileSync(at("alone-2.pt"));
    const central = bytes.lastIndexOf("alone-2/data/0") - 46;
    bytes.writeUInt32LE(12, central + 20);
    bytes.writeUInt32LE(12, central + 24);
    writeFileSync(at("short.pt"), bytes);
    const error = errorOf(() => openTorchZip(at("short.pt")));
    expect(error.message).toBe("the storage of tensor tensor should have 16 bytes, but its member has 12");
  });

  it("refuses an archive whose storage is missing", () => {
    const bytes = readFileSync(at("alone-2.pt"));
    bytes.write("alone-2/data/9", bytes.lastIndexOf("alone-2/data/0"));
    writeFileSync(at("missing.pt"), bytes);
    expect(errorOf(() => openTorchZip(at("missing.pt"))).message).toMatch(
      /refers to the storage 0, which the archive does not hold/,
    );
  });
});
