import { expect, it } from "vitest";
import { createLogTail } from "../../src/runners/log-tail.js";

const textOf = (...chunks: (string | Buffer)[]): string => {
  const tail = createLogTail();
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail.text();
};

it("a short log is kept whole, without the empty end", () => {
  expect(textOf("Traceback:\n", "  line 1\n", "ValueError\n\n")).toBe("Traceback:\n  line 1\nValueError");
  expect(textOf()).toBe("");
});

it("of a long log the last 30 lines are kept", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`);
  expect(textOf(lines.map((line) => `${line}\n`).join("")).split("\n")).toEqual(lines.slice(-30));
  expect(textOf(...lines.map((line) => `${line}\n`)).split("\n")).toEqual(lines.slice(-30));
});

it("one line without end, as a progress bar prints it, is kept only by its end", () => {
  const text = textOf(...Array.from({ length: 100 }, () => "#".repeat(1000)), "99%");
  expect(text.endsWith("99%")).toBe(true);
  expect(text.length).toBe(16 * 1024);
  expect(textOf("#".repeat(100_000), "!").length).toBe(16 * 1024);
});

it("characters that were cut between two chunks are whole again", () => {
  const bytes = Buffer.from("größe 🙂\n");
  expect(textOf(...Array.from(bytes, (byte) => Buffer.from([byte])))).toBe("größe 🙂");
});
