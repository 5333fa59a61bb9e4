import { describe, expect, it } from "vitest";
import type { GraphInput } from "../../src/tensorflow/input-signature.js";
import { writeModels } from "./originals.js";

const models = writeModels("inputs.py");
const inputOf = (model: string, name: string): GraphInput | undefined =>
  models.understand(model).inputs.find((input) => input.name === name);

const ids = { role: "token-ids", vocabularySize: 17, contextLength: 9, inferenceValue: null };

describe("ids of a vocabulary", () => {
  it.each(["sliced_positions", "gathered_positions", "begun_slice", "parted_div", "parted_mod"])(
    "%s: are known by the rows of their table, and the longest sequence by the rows of the positions",
    (model) => {
      expect(inputOf(model, "ids")).toMatchObject({ ...ids, shape: [null, null] });
    },
  );

  it("are known where the lookup lets an index count from the end, as Keras 3 writes it, and only there", () => {
    expect(inputOf("wrapped", "ids")).toMatchObject({ role: "token-ids", vocabularySize: 17 });
    expect(inputOf("wrapped_elsewhere", "ids")).toMatchObject({ role: "other", vocabularySize: null });
  });

  it("keep the type that the graph declares", () => {
    expect(inputOf("sliced_positions", "ids")).toMatchObject({ dtype: "int32", tensor: "ids:0" });
    expect(inputOf("gathered_positions", "ids")).toMatchObject({ dtype: "int64" });
  });

  it("of a second table have that table's rows: segments are 0 or 1, whatever the vocabulary", () => {
    expect(inputOf("begun_slice", "segments")).toMatchObject({ role: "token-ids", vocabularySize: 2 });
  });

  it("that are fed as positions stay below the number of positions", () => {
    expect(inputOf("given_positions", "positions")).toMatchObject({ role: "token-ids", vocabularySize: 9 });
    expect(inputOf("given_positions", "ids")).toMatchObject({
      vocabularySize: 17,
      contextLength: null,
      shape: [2, 5],
    });
  });

  it("are not claimed where the graph does not tell: a mask, a one-hot product, a row that is computed", () => {
    const other = { role: "other", vocabularySize: null, contextLength: null };
    expect(inputOf("begun_slice", "mask")).toMatchObject({ ...other, dtype: "int32" });
    expect(inputOf("one_hot", "ids")).toMatchObject(other);
    expect(inputOf("shifted", "ids")).toMatchObject(other);
  });
});

describe("switches between training and inference", () => {
  it("are recognised by name and kind, and set to inference", () => {
    expect(inputOf("switches", "net/phase_train")).toMatchObject({ dtype: "bool", shape: null, inferenceValue: 0 });
    expect(inputOf("switches", "keep_prob")).toMatchObject({ shape: [], inferenceValue: 1 });
    expect(inputOf("switches", "dropout_rate")).toMatchObject({ shape: [], inferenceValue: 0 });
  });

  it("are never real inputs: a vector with such a name, a scalar with another one", () => {
    expect(inputOf("switches", "keep_mask")).toMatchObject({ shape: [null, 1], inferenceValue: null });
    expect(inputOf("switches", "temperature")).toMatchObject({ shape: [], inferenceValue: null });
    expect(inputOf("switches", "x")).toMatchObject({ dtype: "float32", inferenceValue: null });
  });
});
