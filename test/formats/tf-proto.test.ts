import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataType, dataTypeName, isRefDataType, toDataType, toDType } from "../../src/formats/tf-proto/data-type.js";
import { encodeGraphDef } from "../../src/formats/tf-proto/graph-def.js";
import { encodeMetaGraph } from "../../src/formats/tf-proto/meta-graph.js";
import { readGraphDef, readMetaGraph, readSavedModel } from "../../src/formats/tf-proto/read-files.js";
import { encodeSavedModel } from "../../src/formats/tf-proto/saved-model.js";
import { makeTensorProto, TensorProto } from "../../src/formats/tf-proto/tensor-proto.js";
import type { GraphDef, MetaGraphDef } from "../../src/formats/tf-proto/types.js";
import { runPython } from "../helpers/python.js";

interface Constant {
  readonly raw: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly strings?: string[];
  readonly bytes?: string;
  readonly values?: string[];
}

const directory = mkdtempSync(join(tmpdir(), "parity-tf-proto-"));
const at = (...names: string[]) => join(directory, ...names);
let expected: {
  graph: unknown[];
  savedGraph: unknown[];
  functions: string[];
  tensorflowVersion: string;
  saver: string[];
  constants: Constant[];
  dataTypes: Record<string, number>;
};
let checked: Record<string, unknown> = {};
let rich: MetaGraphDef;

const dump = (graph: GraphDef | undefined) =>
  graph?.node.map(({ name, op, input, device, attr }) => [name, op, input, device, [...attr.keys()].sort()]);

/** As the program wraps a checkpoint for the C++ runtime: the tag `serve`, and the checkpoint's files as variables. */
function writeWrapped(meta: MetaGraphDef): void {
  mkdirSync(at("wrapped", "variables"), { recursive: true });
  if (meta.metaInfoDef === undefined) throw new Error("no meta_info_def");
  const metaGraphs = [{ ...meta, metaInfoDef: { ...meta.metaInfoDef, tags: ["serve"] } }];
  writeFileSync(at("wrapped", "saved_model.pb"), encodeSavedModel({ schemaVersion: 1, metaGraphs, unknown: [] }));
  for (const ending of ["index", "data-00000-of-00001"]) {
    copyFileSync(at("meta", `model.ckpt.${ending}`), at("wrapped", "variables", `variables.${ending}`));
  }
}

beforeAll(async () => {
  await runPython("test/fixtures/tensorflow/write_graphs.py", [directory]);
  expected = JSON.parse(readFileSync(at("expected.json"), "utf8"));
  rich = readMetaGraph(at("meta", "rich.meta"));
  const plain = readMetaGraph(at("meta", "model.ckpt.meta"));
  writeFileSync(at("rich.meta"), encodeMetaGraph(rich));
  writeFileSync(at("model.meta"), encodeMetaGraph(plain));
  writeFileSync(at("large.again.meta"), encodeMetaGraph(readMetaGraph(at("large.meta"))));
  writeFileSync(at("frozen.again.pb"), encodeGraphDef(readGraphDef(at("frozen.pb"))));
  mkdirSync(at("again", "variables"), { recursive: true });
  writeFileSync(at("again", "saved_model.pb"), encodeSavedModel(readSavedModel(at("saved"))));
  for (const ending of ["index", "data-00000-of-00001"]) {
    copyFileSync(at("saved", "variables", `variables.${ending}`), at("again", "variables", `variables.${ending}`));
  }
  writeWrapped(plain);
  checked = JSON.parse(await runPython("test/fixtures/tensorflow/check_graphs.py", [directory]));
}, 240_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("decode and encode", () => {
  test.each(["rich", "meta", "large", "graph", "saved"])(
    "loses nothing of %s, fields of a later version included",
    (name) => {
      expect(checked[name]).toEqual({ dict: true, bytes: true });
    },
  );

  test("TensorFlow serves a SavedModel that went through decode and encode", () => {
    expect(checked.served).toEqual([[4, 4]]);
  });

  test("the C++ loader restores a checkpoint wrapped as a SavedModel to the same values", () => {
    expect(checked.wrapped).toEqual(checked.original);
    expect((checked.original as number[]).some((value) => value !== 0)).toBe(true);
  });
});

describe("readMetaGraph", () => {
  test("finds nodes, inputs, devices and attributes as TensorFlow does", () => {
    expect(dump(rich.graphDef)).toEqual(expected.graph);
    expect(rich.metaInfoDef?.tensorflowVersion).toBe(expected.tensorflowVersion);
    const saver = rich.saverDef;
    expect([saver?.filenameTensorName, saver?.saveTensorName, saver?.restoreOpName]).toEqual(expected.saver);
    expect(rich.graphDef?.library?.functions.length).toBeGreaterThan(0);
  });

  test("keeps every kind of attribute apart, unset and zero values included", () => {
    const attr = rich.graphDef?.node[0]?.attr ?? new Map();
    expect(attr.get("big")).toEqual({ i: -(2n ** 62n) - 1n });
    expect(attr.get("zero")).toEqual({ i: 0 });
    expect(attr.get("no")).toEqual({ b: false });
    expect(attr.get("empty")).toEqual({ s: new Uint8Array(0) });
    expect(attr.get("half")).toMatchObject({ f: 0.5 });
    expect(attr.get("waits")).toEqual({ placeholder: "T" });
    expect(attr.get("nothing")).toEqual({ none: true });
    expect(attr.get("call")).toMatchObject({ func: { name: "f" } });
    expect(attr.get("dtype")).toEqual({ type: DataType.FLOAT });
    expect(attr.get("shape")).toEqual({ shape: { dims: [-1, 4] } });
    const { list } = attr.get("lists");
    expect(list).toMatchObject({
      i: [0, -1, 2n ** 53n, -(2n ** 63n)],
      f: [1.5, Number.POSITIVE_INFINITY],
      b: [true, false],
      type: [1, 101],
      shape: [{ unknownRank: true }],
      func: [{ name: "g" }],
    });
    expect(list.tensor[0].values()).toEqual(Float32Array.of(1, 2));
  });

  test("decodes signatures with unknown sizes, unknown rank and sparse tensors", () => {
    const signature = rich.signatureDef.get("serving_default");
    expect(signature?.methodName).toBe("tensorflow/serving/predict");
    const x = signature?.inputs.get("x");
    expect([x?.name, x?.dtype]).toEqual(["x:0", DataType.FLOAT]);
    expect(x?.shape).toMatchObject({ dims: [-1, 4], dimDetails: [{ name: "batch" }, { name: "" }] });
    expect(signature?.outputs.get("y")?.shape).toEqual({ unknownRank: true });
    expect(signature?.outputs.get("sparse")).toMatchObject({ name: "", unknown: [expect.anything()] });
  });

  test("decodes the collections of variables, with the slices of partitioned ones, and keeps the others", () => {
    const variables = rich.collectionDef.get("variables");
    if (variables?.kind !== "variables") throw new Error("variables");
    const short = variables.variables.map(({ variableName, isResource, trainable, saveSliceInfo }) => [
      variableName,
      isResource,
      trainable,
      saveSliceInfo?.fullName,
      saveSliceInfo?.varOffset,
      saveSliceInfo?.varShape,
    ]);
    expect(short).toEqual([
      ["model/w/part_0:0", false, true, "model/w", [0, 0], [2, 6]],
      ["model/w/part_1:0", false, true, "model/w", [2, 0], [2, 6]],
      ["model/b:0", true, false, undefined, undefined, undefined],
    ]);
    expect(rich.collectionDef.get("names")).toEqual({ kind: "nodes", values: ["output:0"] });
    expect(rich.collectionDef.get("bytes")).toMatchObject({ kind: "bytes" });
    expect(rich.collectionDef.get("floats")?.kind).toBe("raw");
    expect(rich.collectionDef.get("ints")?.kind).toBe("raw");
  });
});

describe("readSavedModel", () => {
  test("finds the graph, its functions by name and the serving tag, from the directory or the file", () => {
    for (const path of [at("saved"), at("saved", "saved_model.pb")]) {
      const [metaGraph] = readSavedModel(path).metaGraphs;
      expect(dump(metaGraph?.graphDef)).toEqual(expected.savedGraph);
      expect(metaGraph?.graphDef?.library?.functions.map(({ name }) => name)).toEqual(expected.functions);
      expect(metaGraph?.metaInfoDef?.tags).toEqual(["serve"]);
      expect([...(metaGraph?.signatureDef.keys() ?? [])]).toContain("serving_default");
    }
  });
});

describe("TensorProto", () => {
  test("gives the values that the C++ runtime parses, from content or repeated fields, the last one repeated", () => {
    expect(expected.constants.length).toBeGreaterThan(50);
    for (const { raw, dtype, shape, strings, bytes, values } of expected.constants) {
      const tensor = TensorProto.decode(Buffer.from(raw, "base64"), { file: "x.pb", offset: 0 });
      expect(tensor.dims()).toEqual(shape);
      if (strings !== undefined) {
        expect(tensor.strings().map((value) => Buffer.from(value).toString("base64"))).toEqual(strings);
        continue;
      }
      expect(tensor.dtype).toBe(dtype);
      expect(Buffer.from(tensor.bytes()).toString("base64"), `${dtype} ${raw}`).toBe(bytes);
      const decoded = [...(tensor.values() as Iterable<number | bigint>)];
      expect(decoded.map(Number), `${dtype} ${raw}`).toEqual(
        values?.map((text) => Number(text.replace("inf", "Infinity"))),
      );
    }
  });

  test("makes constants that decode to their bytes, and refuses bytes of the wrong length", () => {
    const made = makeTensorProto("float64", [2], new Uint8Array(Float64Array.of(0.1, -0).buffer));
    expect([made.dtype, made.dims(), made.values()]).toEqual(["float64", [2], Float64Array.of(0.1, -0)]);
    expect(() => makeTensorProto("float32", [2], new Uint8Array(4))).toThrow("holds 4 bytes of content for 2 elements");
  });

  test.each([
    [
      "more elements than any constant has",
      [0x08, 1, 0x12, 8, 0x12, 6, 0x08, 0x80, 0x80, 0x80, 0x80, 0x20, 0x28, 0],
      "claims 34359738368 bytes",
    ],
    [
      "a size that is not known",
      [0x08, 1, 0x12, 13, 0x12, 11, 0x08, ...Array(9).fill(0xff), 1],
      "a constant whose shape is not known",
    ],
    [
      "content of the wrong length",
      [0x08, 1, 0x22, 3, 0, 0, 0],
      "holds 3 bytes of content for 1 elements of float32 (4 bytes)",
    ],
    ["half a float", [0x08, 1, 0x2a, 3, 0, 0, 0], "holds 3 bytes, not a multiple of 4"],
    ["a type without numbers", [0x08, 20], "a constant of type DT_RESOURCE has no numbers"],
  ])("refuses %s when its values are asked for", (_, raw, message) => {
    const values = (bytes: number[]) =>
      TensorProto.decode(Uint8Array.from(bytes), { file: "x.pb", offset: 5 }).values();
    expect(() => values(raw)).toThrow(message);
  });
});

describe("DataType", () => {
  test("has the numbers and names of TensorFlow's enum, reference types included", () => {
    const ours = Object.fromEntries(Object.values(DataType).map((value) => [dataTypeName(value), value]));
    const theirs = Object.entries(expected.dataTypes);
    expect(ours).toEqual(Object.fromEntries(theirs.filter(([name]) => !name.endsWith("_REF"))));
    for (const [name, value] of theirs) {
      expect(dataTypeName(value)).toBe(name);
      expect(isRefDataType(value)).toBe(name.endsWith("_REF"));
      expect(toDType(value)).toBe(toDType(value % 100));
    }
  });

  test("goes from our dtypes to TensorFlow's and back", () => {
    for (const value of Object.values(DataType)) {
      const dtype = toDType(value);
      if (dtype !== undefined) expect(toDType(toDataType(dtype))).toBe(dtype);
    }
    expect([toDataType("int8"), toDataType("float16"), toDType(DataType.VARIANT)]).toEqual([6, 19, undefined]);
  });
});
