import { describe, expect, it } from "vitest";
import { coveredModules } from "../../src/diagnose/covered-modules.js";
import { nearestLayer } from "../../src/diagnose/layer-of.js";

const COMPLETED = [
  { module: "embed", tap: "embed" },
  { module: "lstm", tap: "lstm[0.data]" },
  { module: "lstm", tap: "lstm[1.0]" },
  { module: "gru", tap: "gru[0]" },
  { module: "gru", tap: "gru[1]" },
  { module: "head", tap: "head" },
  { module: "", tap: "(output)" },
];
const COMPARED = new Set(["embed", "gru[0]", "head", "(output)"]);

function layers(failed: string) {
  const covers = coveredModules(COMPLETED, COMPARED);
  return COMPLETED.filter(({ tap }) => COMPARED.has(tap)).map(({ module, tap }) => ({
    pair: tap,
    module,
    failed: tap === failed,
    covers: covers.get(tap) ?? [],
  }));
}

describe("a layer whose output is a packed sequence and cannot be compared", () => {
  it("has its weights held against the layer behind it, where their fault shows", () => {
    expect(nearestLayer("lstm", layers("gru[0]"))?.pair).toBe("gru[0]");
  });

  it("is not blamed on the model's output, which was given the original's tensors", () => {
    expect(nearestLayer("lstm", layers("nothing"))?.pair).toBe("gru[0]");
  });

  it("leaves a layer that was compared to itself, although another output of it was not", () => {
    expect(coveredModules(COMPLETED, COMPARED).get("head") ?? []).toEqual([]);
    expect(nearestLayer("gru", layers("head"))?.pair).toBe("gru[0]");
  });
});
