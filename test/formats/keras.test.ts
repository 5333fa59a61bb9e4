import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorFile } from "../../src/formats/open.js";
import { prepareFormats } from "../../src/formats/prepare.js";
import type { TensorFile } from "../../src/formats/types.js";
import { runPython } from "../helpers/python.js";
import {
  type Described,
  describeTensor,
  type Expected,
  errorOf,
  makeFolder,
  readExpected,
} from "./expected-tensors.js";

const folder = makeFolder();
let expected: Expected;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  await runPython("test/fixtures/formats/make_keras.py", [folder.path]);
  expected = readExpected(folder.path);
  await prepareFormats(...readdirSync(folder.path).map(at));
}, 120_000);
afterAll(() => folder.remove());

/** What the file says of each variable that it can name, by that name without the list that the layers lie in. */
function byLabel(file: TensorFile): Record<string, Described> {
  const found = [...(file.labels ?? [])].flatMap(([key, label]) => {
    const tensor = file.tensors.get(key);
    return tensor === undefined ? [] : [[label.replace(/^layers\//, ""), describeTensor(tensor)] as const];
  });
  file.close();
  return Object.fromEntries(found);
}

/** Keras names a cell inside its layer after its class; the file, after the attribute that holds it. */
function asInFile(model: string): Record<string, Described> {
  const variables = Object.entries(expected[model] ?? {}).filter(([path]) => !path.includes("seed_generator"));
  return Object.fromEntries(variables.map(([path, one]) => [path.replace(/\/(lstm|gru)_cell\//, "/cell/"), one]));
}

describe("files that Keras wrote", () => {
  it.each([
    ["model.keras", "keras", "model"],
    ["packed.keras", "keras", "model"],
    ["model.weights.h5", "hdf5", "model"],
    ["half.weights.h5", "hdf5", "half"],
  ])("every variable of %s has Keras' own name and values", (name, format, model) => {
    const file = openTensorFile(at(name));
    expect(file.format).toBe(format);
    expect(byLabel(file)).toEqual(asInFile(model));
  });

  it("the variables of the older format lose the group of their layer", () => {
    const variables = Object.entries(expected.model ?? {}).filter(([path]) => !path.includes("seed_generator"));
    expect(byLabel(openTensorFile(at("model.h5")))).toEqual(Object.fromEntries(variables));
  });

  it("the configuration of the model comes with the file", () => {
    for (const name of ["model.keras", "model.h5"]) {
      const file = openTensorFile(at(name));
      expect(JSON.parse(file.metadata.model_config ?? "{}")).toMatchObject({ class_name: "Functional" });
      file.close();
    }
  });

  it("a damaged archive is refused with its name and the part of it", () => {
    const error = errorOf(() => openTensorFile(at("damaged.keras")));
    expect(error).toMatchObject({
      code: "FORMAT_INVALID",
      where: { file: at("damaged.keras"), key: "model.weights.h5" },
    });
  });
});
