import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadMap } from "../../../src/config/load-map.js";
import { renderMapFile, renderMapTable } from "../../../src/report/map/render-map.js";
import { samplePair } from "../../helpers/sample-pair.js";
import { badResult } from "../../helpers/sample-result.js";

const folder = mkdtempSync(join(tmpdir(), "parity-map-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const named = (reference: string, candidate: string) => {
  const pair = samplePair(candidate);
  return { ...pair, id: candidate, reference: { ...pair.reference, name: reference } };
};

describe("the map of a check", () => {
  it("is a file that --map reads, whatever the names hold", () => {
    const odd = 'scope: {a}/"b"# c';
    const result = { ...badResult(), pairs: [named(odd, "h.0"), named("model/ü", "enc[0]")] };
    const file = join(folder, "map.yaml");
    writeFileSync(file, renderMapFile(result));
    expect(loadMap(file)).toMatchObject({ [odd]: "h.0", "model/ü": "enc[0]" });
  });

  it("gives a tensor of the original one partner; a second one is a comment", () => {
    const result = { ...badResult(), pairs: [named("x", "first"), named("x", "second")] };
    const file = join(folder, "twice.yaml");
    const text = renderMapFile(result);
    writeFileSync(file, text);
    expect(loadMap(file)).toMatchObject({ x: "first" });
    expect(text).toContain('# "x": "second"');
  });

  it("leaves out weights that are made of several variables: no map can give them", () => {
    const sample = badResult();
    const [weight] = sample.weights;
    if (weight === undefined) throw new Error("the sample has no weights");
    const made = { ...weight, reference: "a · b", candidate: "conv.weight", parts: ["a", "b"] };
    const plain = { ...weight, reference: "c", candidate: "conv.bias" };
    const file = join(folder, "made.yaml");
    writeFileSync(file, renderMapFile({ ...sample, pairs: [], weights: [made, plain] }));
    expect(loadMap(file)).toEqual({ c: "conv.bias" });
  });

  it("shows for each pair what spoke for it, in any width, and what has no partner", () => {
    const pair = {
      ...named("model/h0/attn", "h.0.attn"),
      matchedBy: "name" as const,
      because: "they are the same name",
    };
    const sample = badResult();
    const result = {
      ...sample,
      pairs: [pair],
      unmatched: { reference: [{ id: "lost", isOutput: false, why: "nobody has it" }], candidate: [] },
    };
    for (const width of [60, 80, 200]) {
      const table = renderMapTable(result, width);
      expect(table).toContain("name");
      expect(table).toContain("reference lost: nobody has it");
      for (const line of table.split("\n").filter((one) => one.includes("↔")))
        expect([...line].length).toBeLessThanOrEqual(width);
    }
    expect(renderMapTable(result, 200)).toContain("they are the same name");
  });
});
