import { describe, expect, it } from "vitest";
import { transferEdits } from "../../src/diagnose/transfer-edits.js";
import type { Edit } from "../../src/runners/edits.js";

const op = (module: string) => ({ module, call: 1, index: 2, name: "gelu" });

describe("a repair of one layer, made elsewhere", () => {
  it("goes to the same call, parameter and tap of the other block", () => {
    const edits: Edit[] = [
      { kind: "op", op: op("h.0.mlp"), value: { $: "call", fn: "F.gelu", args: [{ $: "result", op: op("h.0.mlp") }] } },
      { kind: "parameter", parameter: "h.0.mlp.c_fc.weight", value: { $: "parameter", name: "h.0.ln_1.weight" } },
      { kind: "output", tap: "h.0.attn[0]", value: { $: "tap", tap: "h.0.ln_1" } },
      { kind: "attribute", module: "h.0.ln_1", attribute: "eps", value: 1e-5 },
      { kind: "input", module: "h.0.mlp", call: 1, at: 0, value: { $: "self" } },
    ];
    const text = JSON.stringify(transferEdits(edits, "h.0.mlp.c_proj", "h.11.mlp.c_proj"));
    expect(text).not.toContain("h.0.");
    expect(text.match(/h\.11\./g)).toHaveLength(8);
  });

  it("leaves what is outside of the repeated blocks", () => {
    const edits: Edit[] = [{ kind: "op", op: op(""), value: { $: "parameter", name: "wte.weight" } }];
    expect(transferEdits(edits, "h.0.mlp", "h.3.mlp")).toEqual(edits);
  });

  it("changes no number that is another layer's: the second norm of block 1 stays the second", () => {
    const edits: Edit[] = [{ kind: "op", op: op("blocks.1.norms.2"), value: { $: "self" } }];
    const moved = transferEdits(edits, "blocks.1.norms.2", "blocks.4.norms.2");
    expect(moved).toEqual([{ kind: "op", op: op("blocks.4.norms.2"), value: { $: "self" } }]);
  });

  it("is not made where the place has another structure", () => {
    expect(transferEdits([], "h.0.mlp", "h.0.mlp.c_fc")).toBeNull();
  });
});
