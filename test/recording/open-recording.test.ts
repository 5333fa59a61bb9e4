import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ParityError } from "../../src/errors.js";
import { writeSafetensors } from "../../src/formats/safetensors-write.js";
import { openRecording } from "../../src/recording/open-recording.js";

let folder: string;

function writeCase(id: string, tensors: Record<string, number[]>): void {
  writeSafetensors(
    join(folder, `${id}.safetensors`),
    Object.entries(tensors).map(([name, values]) => ({
      name,
      dtype: "float32",
      shape: [values.length],
      data: new Uint8Array(Float32Array.from(values).buffer),
    })),
  );
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parity-recording-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(act: () => unknown): Pick<ParityError, "code" | "message" | "where"> {
  try {
    act();
  } catch (error) {
    return error as ParityError;
  }
  throw new Error("nothing was thrown");
}

it("gives each case its own values, under names that hold slashes and colons", () => {
  writeCase("c0", { "model/h0/add:0": [1, 2] });
  writeCase("c1", { "model/h0/add:0": [3, 4, 5], "h.0[0]": [6] });
  const recording = openRecording(folder);
  const values = new Float32Array(3);
  recording.tensor("c1", "model/h0/add:0")?.read(new Uint8Array(values.buffer), 0);
  expect([...values]).toEqual([3, 4, 5]);
  expect(recording.tensor("c0", "model/h0/add:0")?.shape).toEqual([2]);
  expect(recording.fileOf("c1")).toBe(join(folder, "c1.safetensors"));
  recording.close();
});

it("says with undefined that a case did not give a tensor: a module that was not called in it", () => {
  writeCase("c0", { a: [1] });
  const recording = openRecording(folder);
  expect(recording.tensor("c0", "b")).toBeUndefined();
  recording.close();
});

it("opens a file only when one of its tensors is asked for, and keeps it open", () => {
  writeCase("c0", { a: [1] });
  const recording = openRecording(folder);
  // Nothing has looked at this one.
  writeFileSync(join(folder, "c1.safetensors"), "garbage");
  const first = recording.tensor("c0", "a");
  rmSync(join(folder, "c0.safetensors"));
  expect(recording.tensor("c0", "a")).toBe(first);
  const value = new Float32Array(1);
  first?.read(new Uint8Array(value.buffer), 0);
  expect(value[0]).toBe(1);
  recording.close();
});

it("a case without values is an error that names the case and the file", () => {
  const recording = openRecording(folder);
  const error = codeOf(() => recording.tensor("c7", "a"));
  expect(error).toMatchObject({
    code: "FILE_NOT_FOUND",
    message: "The recording has no values for case c7.",
    where: { file: join(folder, "c7.safetensors") },
  });
  recording.close();
});

it("a damaged file is an error of its format, not of the case", () => {
  writeFileSync(join(folder, "c0.safetensors"), "garbage");
  const recording = openRecording(folder);
  expect(codeOf(() => recording.tensor("c0", "a")).code).toBe("FORMAT_INVALID");
  recording.close();
});

it("closing twice is no error, and tensors cannot be read from a closed file", () => {
  writeCase("c0", { a: [1] });
  const recording = openRecording(folder);
  const tensor = recording.tensor("c0", "a");
  recording.close();
  recording.close();
  expect(() => tensor?.read(new Uint8Array(4), 0)).toThrow();
});
