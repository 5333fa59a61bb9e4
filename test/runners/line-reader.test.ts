import fc from "fast-check";
import { expect, it } from "vitest";
import { createLineReader } from "../../src/runners/line-reader.js";

function read(chunks: readonly Buffer[], maxBytes?: number): string[] {
  const lines: string[] = [];
  const push = createLineReader((line) => lines.push(line), maxBytes);
  for (const chunk of chunks) push(chunk);
  return lines;
}

it("lines come out as they went in, wherever the bytes were cut: between lines, inside them, inside a character", () => {
  const line = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\n"));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(), { maxLength: 20 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(""), "utf8");
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      expect(read(chunks)).toEqual(lines);
    }),
  );
});

it("empty lines say nothing, and a line without its end is not given yet", () => {
  expect(read([Buffer.from("\n\na\n\nb")])).toEqual(["a"]);
});

it("a line beyond the limit is shown cut, once, and can never pass for a whole answer", () => {
  // Dropping the middle of this line would leave valid JSON with another value.
  const answer = JSON.stringify({ id: 1, result: "v".repeat(5000) });
  const chunks = [answer.slice(0, 600), answer.slice(600, 4000), `${answer.slice(4000)}\n{"id":2}\n`].map((part) =>
    Buffer.from(part),
  );
  const [cut, next, ...more] = read(chunks, 1000);
  expect(cut).toMatch(/^\{"id":1,"result":"v+… \(a line longer than 1000 bytes\)$/);
  expect(cut?.length).toBeLessThan(300);
  expect(() => JSON.parse(cut ?? "")).toThrow();
  expect([next, more]).toEqual(['{"id":2}', []]);
});

it("a line of exactly the limit is whole, also in one chunk with others", () => {
  const exact = "w".repeat(1000);
  expect(read([Buffer.from(`a\n${exact}\nb\n`)], 1000)).toEqual(["a", exact, "b"]);
  expect(read([Buffer.from(`a\n${exact}w\nb\n`)], 1000)[1]).toContain("longer than 1000 bytes");
});

it("a line of 30 MB in small chunks takes time in proportion, not in its square", () => {
  const chunk = Buffer.alloc(4096, 120);
  const chunks = Array.from({ length: 7500 }, () => chunk);
  const begin = performance.now();
  const [line] = read([...chunks, Buffer.from("\n")]);
  expect(line).toHaveLength(4096 * 7500);
  // Joining at every chunk would copy 115 GB.
  expect(performance.now() - begin).toBeLessThan(5000);
});
