import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ParityError } from "../../src/errors.js";
import { encodeJsonMessage } from "../../src/formats/tf-proto/encode-json.js";
import { encodeTextMessage } from "../../src/formats/tf-proto/encode-text.js";
import { decodeGraphDef } from "../../src/formats/tf-proto/graph-def.js";
import { readGraphFile } from "../../src/formats/tf-proto/read-graph-file.js";
import { parseTextFormat } from "../../src/formats/tf-proto/text-format.js";
import type { AttrValue, GraphDef, NodeDef } from "../../src/formats/tf-proto/types.js";
import { runPython } from "../helpers/python.js";

let folder = "";
let graph: GraphDef;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "parity-forms-"));
  await runPython("test/fixtures/formats/graph_forms.py", [folder]);
  graph = readGraphFile(join(folder, "graph.pb"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an attribute means: a constant by its numbers, which may be stored in several ways. */
function meaningOf(value: AttrValue): unknown {
  if ("tensor" in value) {
    const { tensor } = value;
    const numbers =
      tensor.dtype === "string" ? tensor.strings().map((one) => Buffer.from(one)) : Buffer.from(tensor.bytes());
    return { dataType: tensor.dataType, dims: tensor.dims(), numbers };
  }
  if ("func" in value) return { name: value.func.name, raw: Buffer.from(value.func.raw) };
  if ("s" in value) return Buffer.from(value.s);
  if ("list" in value) return { ...value.list, s: value.list.s.map((one) => Buffer.from(one)), unknown: [] };
  return value;
}

const meaning = (node: NodeDef) => ({
  name: node.name,
  op: node.op,
  input: node.input,
  attr: Object.fromEntries([...node.attr].map(([name, value]) => [name, meaningOf(value)]).sort()),
});

const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as ParityError).message;
  }
  throw new Error("nothing was thrown");
};

describe("a graph in text and in JSON form", () => {
  it.each([
    ["text", () => readGraphFile(join(folder, "graph.pbtxt"))],
    ["text on one line with escapes and short lists", () => readGraphFile(join(folder, "escaped.pbtxt"))],
    [
      "JSON",
      () => {
        const file = join(folder, "graph.json");
        return decodeGraphDef(encodeJsonMessage(JSON.parse(readFileSync(file, "utf8")), "GraphDef", file), { file });
      },
    ],
  ])("%s: means bit for bit what TensorFlow wrote in binary, all dtypes, empty and scalar, any name", (_, read) => {
    const own = read().node.map(meaning);
    expect(own.length).toBe(graph.node.length);
    expect(graph.node.length).toBeGreaterThan(60);
    for (const [i, node] of graph.node.entries()) expect(own[i]).toEqual(meaning(node));
  });

  it("text that is damaged is refused with its line, and what stood there", () => {
    expect(messageOf(() => parseTextFormat('node {\n  name: "a\n}', "g"))).toBe("g, line 2: a string without its end");
    expect(messageOf(() => parseTextFormat('node {\n name: "a"\n', "g"))).toContain("the file ends where } belongs");
    expect(messageOf(() => parseTextFormat("node {\n : 3 }", "g"))).toContain('line 2: ":" where a name');
    expect(
      messageOf(() => encodeTextMessage('node { attr { key: "T" value { type: DT_FLAOT } } }', "GraphDef", "g")),
    ).toBe("g: AttrValue.type does not hold the name of a type such as DT_FLOAT");
    expect(messageOf(() => encodeTextMessage("node: 3", "GraphDef", "g"))).toContain(
      "GraphDef.node does not hold a message",
    );
    const deep = "a {".repeat(200);
    expect(messageOf(() => parseTextFormat(deep, "g"))).toContain("nested over");
  });

  it("an empty text, and a text that is no graph, are no graph", () => {
    const file = join(folder, "nothing.pbtxt");
    writeFileSync(file, "versions { producer: 1 }\n");
    expect(messageOf(() => readGraphFile(file))).toContain("it has no nodes");
    writeFileSync(file, "hello: world\n");
    expect(() => readGraphFile(file)).toThrow();
  });

  it("any text either parses or is refused as such: nothing else is thrown, and nothing hangs", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."{}<>[]:;,#\"'\\ \nab01.-") }), (text) => {
        try {
          encodeTextMessage(text, "GraphDef", "g");
        } catch (error) {
          expect((error as ParityError).code).toBe("FORMAT_INVALID");
        }
      }),
      { numRuns: 2000 },
    );
  });
});
