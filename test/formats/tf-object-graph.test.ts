import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import {
  decodeObjectGraph,
  listObjectVariables,
  OBJECT_GRAPH_KEY,
  readObjectGraph,
} from "../../src/formats/tf-object-graph.js";
import { ROOT, runPython } from "../helpers/python.js";
import { errorOf, makeFolder } from "./expected-tensors.js";

const folder = makeFolder();
let expected: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_objects.py", [folder.path]);
  expected = JSON.parse(readFileSync(join(folder.path, "expected.json"), "utf8"));
}, 120_000);
afterAll(() => folder.remove());

function read(prefix: string) {
  const file = openCheckpoint(join(folder.path, prefix));
  const graph = readObjectGraph(file);
  file.close();
  if (graph === null) throw new Error("no object graph");
  return listObjectVariables(graph);
}

describe("the object graph of a TF2 checkpoint", () => {
  it("names every variable by its path and by its own name", () => {
    const found = Object.fromEntries(read("objects").map((one) => [one.path, one.fullName]));
    const blocks = ["first", "blocks/1", "blocks/2"].flatMap((path) => [
      [`model/${path}/bias`, "stack/bias"],
      [`model/${path}/kernel`, "stack/kernel"],
    ]);
    // The first block is reached by two ways; the shorter one counts.
    expect(found).toEqual({
      ...Object.fromEntries(blocks),
      "model/größe": "stack/scale",
      shadow: "stack/scale/ExponentialMovingAverage",
      step: "global_step",
    });
  });

  it.each(["objects", "trained-1"])("has every key that TensorFlow finds in %s", (prefix) => {
    const keys = Object.keys(expected[prefix] ?? {}).filter((key) => key !== OBJECT_GRAPH_KEY);
    expect(
      read(prefix)
        .map((one) => one.key)
        .sort(),
    ).toEqual(keys.sort());
  });

  it("a checkpoint of TensorFlow 1 has none", () => {
    const file = openCheckpoint(`${ROOT}examples/gpt2/models/tiny`);
    expect(readObjectGraph(file)).toBeNull();
    file.close();
  });

  it("reads the slots of an optimizer with the variable that each belongs to", () => {
    // TrackableObjectGraph by hand: [{children: [(1, "w"), (2, "opt")]}, w, opt with slot m of w at 3, the slot].
    const bytes = Buffer.from(
      ["0a0e", "0a0508011201", "77", "0a0508021201", "6f"].join("") +
        "0a10" +
        "120e" +
        "0a05" +
        Buffer.from("VALUE").toString("hex") +
        "1201" +
        "57" +
        "1a02" +
        "6b77" +
        "0a09" +
        "1a07" +
        "0801" +
        "12016d" +
        "1803" +
        "0a06" +
        "1204" +
        "1a02" +
        "6b6d",
      "hex",
    );
    expect(listObjectVariables(decodeObjectGraph(bytes, { file: "x" }))).toEqual([
      { key: "kw", fullName: "W", path: "w/VALUE", slotOf: null },
      { key: "km", fullName: "", path: "w/m", slotOf: { key: "kw", slot: "m" } },
    ]);
  });

  it("refuses references to objects that are not there, and bytes that are cut off", () => {
    const dangling = Buffer.from("0a070a0508071201" + "77", "hex");
    expect(errorOf(() => decodeObjectGraph(dangling, { file: "x" })).message).toBe(
      "the object graph refers to object 7 of 1",
    );
    expect(errorOf(() => decodeObjectGraph(dangling.subarray(0, 5), { file: "x" })).code).toBe("FORMAT_INVALID");
  });
});
