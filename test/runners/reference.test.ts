import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ParityError } from "../../src/errors.js";
import { openSafetensors } from "../../src/formats/safetensors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { openCheckpoint } from "../../src/formats/tf-checkpoint.js";
import type { LazyTensor } from "../../src/formats/types.js";
import { openRecording } from "../../src/recording/open-recording.js";
import { type Reference, type SideRecording, startReference } from "../../src/runners/reference.js";
import { restoreFrom } from "../../src/tensorflow/graph-model.js";
import { makeSessionGraph } from "../../src/tensorflow/session-graph.js";
import type { Original } from "../../src/tensorflow/understand-original.js";
import { writeModels } from "../tensorflow/originals.js";

const models = writeModels("restored.py");
let scratch = "";
/** One process for all models: opening the next one must not leave anything of the one before. */
let reference: Reference;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "parity-reference-"));
  reference = startReference({ timeoutMs: 100_000, threads: 1 });
});
afterAll(async () => {
  await reference.close();
  rmSync(scratch, { recursive: true, force: true });
});

let folders = 0;
const newFolder = (): string => join(scratch, String(folders++));
const inputsOf = (model: string): string => join(models.folder(), model, "inputs.safetensors");
const oneCase = (original: Original, file: string) => ({
  id: "c0",
  inputs: original.inputs
    .filter((input) => input.inferenceValue === null)
    .map(({ name }) => ({ name, file, tensor: name })),
});

async function run(model: string, outputs: readonly string[] | null = null): Promise<SideRecording> {
  const original = models.understand(model, outputs);
  await reference.open(original, newFolder());
  return reference.record(original, [oneCase(original, inputsOf(model))], newFolder());
}

function valuesOf(tensor: LazyTensor | undefined): number[] {
  if (tensor === undefined) throw new Error("no such tensor");
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.read(bytes, 0);
  switch (tensor.dtype) {
    case "float32":
      return [...new Float32Array(bytes.buffer)];
    case "float64":
      return [...new Float64Array(bytes.buffer)];
    case "int32":
      return [...new Int32Array(bytes.buffer)];
    case "int64":
      return [...new BigInt64Array(bytes.buffer)].map(Number);
    default:
      return [...bytes];
  }
}

/** Largest difference between a recorded tensor and the one that TensorFlow in Python gave. */
function errorAgainstTensorflow(model: string, recording: SideRecording, tensor: string, key: string): number {
  const given = openRecording(recording.directory);
  const expected = openSafetensors(join(models.folder(), model, "expected.safetensors"));
  try {
    const [a, b] = [given.tensor("c0", tensor), expected.tensors.get(key)];
    expect(a?.shape).toEqual(b?.shape);
    const [left, right] = [valuesOf(a), valuesOf(b)];
    expect(left.some((value) => value !== 0)).toBe(true);
    return Math.max(...left.map((value, i) => Math.abs(value - (right[i] ?? Number.NaN))));
  } finally {
    given.close();
    expected.close();
  }
}

const outputOf = (recording: SideRecording): string => {
  const [tap] = recording.taps.filter((one) => one.isOutput);
  if (tap?.tensor == null) throw new Error("no output was recorded");
  return tap.tensor;
};

const failureOf = async (promise: Promise<unknown>): Promise<ParityError> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: ParityError) => error,
  );

describe("variables are restored as the graph's own Saver would", () => {
  it.each([
    "plain",
    "resource",
    "partitioned",
    "averaged",
    "two_savers",
    "warm_started",
    "trained",
    "unshaped",
    "without_saver",
  ])("%s: the outputs are TensorFlow's own", async (model) => {
    const recording = await run(model);
    expect(errorAgainstTensorflow(model, recording, outputOf(recording), "y")).toBeLessThanOrEqual(1e-6);
  });

  it.each(["float64_ref", "float64_resource"])("%s: 64-bit values come out whole", async (model) => {
    const recording = await run(model);
    expect(openRecording(recording.directory).tensor("c0", outputOf(recording))?.dtype).toBe("float64");
    expect(errorAgainstTensorflow(model, recording, outputOf(recording), "y")).toBeLessThanOrEqual(1e-14);
  });

  it.each(["float16_ref", "float16_resource", "bfloat16_ref", "bfloat16_resource"])(
    "%s: 16-bit values come out widened, without loss",
    async (model) => {
      const recording = await run(model);
      expect(openRecording(recording.directory).tensor("c0", outputOf(recording))?.dtype).toBe("float32");
      // The sums are rounded to 16 bits on both sides; the order of addition may differ by one step of that rounding.
      const step = model.startsWith("float16") ? 2 ** -9 : 2 ** -6;
      expect(errorAgainstTensorflow(model, recording, outputOf(recording), "y")).toBeLessThanOrEqual(step);
    },
  );
});

describe("what can be fed and read", () => {
  it("ids of 64 bits, truth values and bytes go in; whole numbers, truth values and 64-bit floats come out", async () => {
    const names = ["y:0", "classes:0", "positive:0", "wide:0"];
    const recording = await run("whole_numbers", names);
    expect(recording.taps.filter((tap) => tap.isOutput).map((tap) => [tap.tensor, tap.dtype])).toEqual(
      expect.arrayContaining([
        ["y:0", "float32"],
        ["classes:0", "int64"],
        ["positive:0", "bool"],
        ["wide:0", "float64"],
      ]),
    );
    for (const name of names) {
      const error = errorAgainstTensorflow("whole_numbers", recording, name, name.slice(0, -2));
      expect(error, name).toBeLessThanOrEqual(name === "y:0" ? 1e-6 : 0);
    }
  });

  it("every tap of a transformer block is recorded under its tensor's name with TensorFlow's own values", async () => {
    const recording = await run("block");
    const expected = openSafetensors(join(models.folder(), "block", "expected.safetensors"));
    for (const id of expected.tensors.keys()) {
      const tap = recording.taps.find((one) => one.id === id);
      expect(errorAgainstTensorflow("block", recording, tap?.tensor ?? "", id), id).toBeLessThanOrEqual(1e-6);
      expect(tap?.shapes.c0).toEqual(expected.tensors.get(id)?.shape);
      expect(tap).toMatchObject({ call: 1, slot: null, source: null });
    }
    expect(recording.taps.map((tap) => tap.id)).toEqual(models.understand("block").taps.map((tap) => tap.id));
    expect(recording.seconds.c0).toBeGreaterThan(0);
  });

  it("a graph with branches and loops runs, its training switch set to inference", async () => {
    const recording = await run("conditional");
    expect(errorAgainstTensorflow("conditional", recording, "head/BiasAdd:0", "head")).toBeLessThanOrEqual(1e-6);
    expect(recording.taps.map((tap) => tap.id)).toEqual(expect.arrayContaining(["bn", "rnn", "rnn/while", "head"]));
  });

  it.each([[["x:0"]], [["x", "y/BiasAdd:0"]]])(
    "an input that is named as an output (%s) comes out as it went in, with variables in the model or without",
    async (outputs) => {
      const recording = await run("plain", outputs);
      const open = openRecording(recording.directory);
      const fed = openSafetensors(inputsOf("plain"));
      expect(valuesOf(open.tensor("c0", "x:0"))).toEqual(valuesOf(fed.tensors.get("x")));
      fed.close();
      open.close();
    },
  );

  it("several cases are recorded each in a file of its own, and progress is told", async () => {
    const original = models.understand("block");
    await reference.open(original, newFolder());
    const file = join(scratch, "cases.safetensors");
    const ids = (values: number[], shape: number[]) => ({
      dtype: "int32" as const,
      shape,
      data: new Uint8Array(Int32Array.from(values).buffer),
    });
    writeSafetensors(file, [
      { name: "a", ...ids([1, 2, 3], [1, 3]) },
      { name: "b", ...ids([4, 5, 6, 7, 8, 9, 10, 11], [1, 8]) },
    ]);
    const cases = ["a", "b"].map((id) => ({ id, inputs: [{ name: "tokens", file, tensor: id }] }));
    const told: string[] = [];
    const recording = await reference.record(original, cases, newFolder(), (done, total, what) =>
      told.push(`${done}/${total} ${what}`),
    );
    expect(told).toEqual(["0/2 case a", "1/2 case b", "2/2 done"]);
    expect(recording.taps.find((tap) => tap.id === "model/h0/attn/c_attn")?.shapes).toEqual({
      a: [1, 3, 18],
      b: [1, 8, 18],
    });
    const open = openRecording(recording.directory);
    expect(open.tensor("b", "model/logits:0")?.shape).toEqual([1, 8, 13]);
    open.close();
  });
});

describe("tensors that are asked for after the run", () => {
  const fetchFrom = async (model: string, pick?: readonly string[]) => {
    const original = models.understand(model);
    await reference.open(original, newFolder());
    const tensors = pick ?? [...makeSessionGraph(original).readers.keys()];
    const { directory } = await reference.fetch(original, [oneCase(original, inputsOf(model))], newFolder(), tensors);
    return { tensors, open: openRecording(directory) };
  };

  it("whole numbers, truth values, inputs, variables and floats of all widths come out, each under its own name", async () => {
    const { tensors, open } = await fetchFrom("whole_numbers");
    expect(tensors.length).toBeGreaterThan(30);
    for (const name of tensors) expect(open.tensor("c0", name), name).toBeDefined();
    const expected = openSafetensors(join(models.folder(), "whole_numbers", "expected.safetensors"));
    const fed = openSafetensors(inputsOf("whole_numbers"));
    const dtypeOf = (name: string) => open.tensor("c0", name)?.dtype;
    expect(valuesOf(open.tensor("c0", "ids:0"))).toEqual(valuesOf(fed.tensors.get("ids")));
    expect(valuesOf(open.tensor("c0", "mask:0"))).toEqual(valuesOf(fed.tensors.get("mask")));
    expect(["ids:0", "mask:0", "pixels:0", "table:0", "tiny:0"].map(dtypeOf)).toEqual([
      "int32",
      "bool",
      "int32",
      "float32",
      "int32",
    ]);
    expect(valuesOf(open.tensor("c0", "near:0"))).toEqual([4, 3, 2, 1, 0]);
    expect(valuesOf(open.tensor("c0", "on:0"))).toEqual([1, 0, 1, 1, 0]);
    const y = valuesOf(open.tensor("c0", "y:0"));
    for (const [i, value] of valuesOf(expected.tensors.get("y")).entries()) expect(y[i]).toBeCloseTo(value, 6);
    for (const file of [open, expected, fed]) file.close();
  });

  it.each(["block", "conditional", "resource", "partitioned", "float64_ref", "bfloat16_resource"])(
    "%s: every tensor that is said to be readable is",
    async (model) => {
      const { tensors, open } = await fetchFrom(model);
      for (const name of tensors) expect(open.tensor("c0", name), name).toBeDefined();
      open.close();
    },
  );

  it("what the session does not give is refused by its name", async () => {
    const error = await failureOf(fetchFrom("plain", ["y/BiasAdd:0", "nowhere:0"]));
    expect(error).toMatchObject({ code: "REFERENCE_FAILED", where: { key: "nowhere:0" } });
    expect((await failureOf(fetchFrom("conditional", ["rnn/while/Merge:0"]))).code).toBe("REFERENCE_FAILED");
  });
});

describe("what a user can get wrong", () => {
  const feed = async (values: number[], shape: number[]): Promise<ParityError> => {
    const original = models.understand("block");
    await reference.open(original, newFolder());
    const file = join(scratch, `wrong-${folders++}.safetensors`);
    const data = new Uint8Array(Int32Array.from(values).buffer);
    writeSafetensors(file, [{ name: "tokens", dtype: "int32", shape, data }]);
    return failureOf(reference.record(original, [oneCase(original, file)], newFolder()));
  };

  it("an id beyond the vocabulary fails with TensorFlow's words and says what that means", async () => {
    const error = await feed([1, 13, 2], [1, 3]);
    expect(error.code).toBe("REFERENCE_FAILED");
    expect(error.message).toMatch(/^TensorFlow could not run the original: .*indices\[0,1\] = 13 is not in \[0, 13\)/);
    expect(error.hint).toMatch(/ids beyond the vocabulary, or a sequence longer than the context/);
  });

  it("a sequence beyond the context says the same", async () => {
    const error = await feed([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 9]);
    expect(error.code).toBe("REFERENCE_FAILED");
    expect(error.hint).toMatch(/a sequence longer than the context/);
  });

  it("an error of one run leaves the model usable for the next", async () => {
    await feed([99], [1, 1]);
    const recording = await run("plain");
    expect(errorAgainstTensorflow("plain", recording, outputOf(recording), "y")).toBeLessThanOrEqual(1e-6);
  });

  it("an input that was given no value is named", async () => {
    const original = models.understand("plain");
    await reference.open(original, newFolder());
    const error = await failureOf(reference.record(original, [{ id: "c0", inputs: [] }], newFolder()));
    expect(error).toMatchObject({ code: "INPUTS_INVALID", message: "Case c0 has no value for the input x." });
  });

  it("64-bit ids that this runtime cannot pass on are refused, not cut to 32 bits", async () => {
    const original = models.understand("whole_numbers");
    await reference.open(original, newFolder());
    const file = join(scratch, "wide.safetensors");
    const bytes = (values: BigInt64Array | Uint8Array) => new Uint8Array(values.buffer);
    writeSafetensors(file, [
      { name: "ids", dtype: "int64", shape: [1, 4], data: bytes(BigInt64Array.from([1n, 2n ** 32n, 0n, 0n])) },
      { name: "mask", dtype: "bool", shape: [1, 4], data: new Uint8Array(4) },
      { name: "pixels", dtype: "uint8", shape: [1, 4], data: new Uint8Array(4) },
    ]);
    const error = await failureOf(reference.record(original, [oneCase(original, file)], newFolder()));
    expect(error.code).toBe("INPUTS_INVALID");
    expect(error.message).toContain("4294967296 does not fit into the 32 bits");
  });
});

describe("the proof that the session holds the checkpoint's weights", () => {
  it.each([
    ["plain", "other_save"],
    ["other_save", "plain"],
  ])(
    "fails when the files restored (%s) are of another save of the same graph than those compared (%s)",
    async (restored, compared) => {
      const original = models.understand(restored, null, compared);
      const elsewhere = { ...original, restore: restoreFrom(models.prefixOf(restored)) };
      const error = await failureOf(reference.open(elsewhere, newFolder()));
      expect(error.code).toBe("REFERENCE_NOT_RESTORED");
      expect(error.message).toBe(
        "2 of 2 variables in the session are not those of the checkpoint, for example y/kernel.",
      );
      expect(error.where).toMatchObject({ file: `${models.prefixOf(compared)}.index`, key: "y/kernel" });
      expect(error.hint).toContain("Nothing was compared");
    },
  );

  it.each(["partitioned", "resource", "float64_ref", "float16_ref", "bfloat16_resource", "whole_numbers", "trained"])(
    "notices one changed element in one variable (%s)",
    async (model) => {
      const original = models.understand(model);
      const key = original.variables[0]?.key ?? "";
      // The same checkpoint, but for the last bit of the first element of one variable.
      const stored = openCheckpoint(models.prefixOf(model));
      const tensors = new Map(stored.tensors);
      const tensor = tensors.get(key);
      if (tensor === undefined) throw new Error(`no ${key}`);
      tensors.set(key, {
        ...tensor,
        read(target, byteOffset) {
          tensor.read(target, byteOffset);
          if (byteOffset === 0) target[0] = (target[0] ?? 0) ^ 1;
        },
      });
      const checkpoint = { ...original.checkpoint, path: original.checkpoint.path, tensors };
      const error = await failureOf(reference.open({ ...original, checkpoint }, newFolder()));
      expect(error.code).toBe("REFERENCE_NOT_RESTORED");
      expect(error.where?.key).toBe(key);
      stored.close();
    },
  );
});
