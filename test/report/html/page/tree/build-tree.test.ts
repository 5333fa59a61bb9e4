import { describe, expect, test } from "vitest";
import { buildTree } from "../../../../../src/report/html/page/tree/build-tree.js";
import { nameOf } from "../../../../../src/report/html/page/tree/describe-item.js";
import { isBlock, listRows, openAll, openFaults } from "../../../../../src/report/html/page/tree/list-rows.js";
import { splitPath } from "../../../../../src/report/html/page/tree/split-path.js";
import type { TreeNode } from "../../../../../src/report/html/page/tree/types.js";
import { samplePair } from "../../../../helpers/sample-pair.js";
import { badResult, goodResult } from "../../../../helpers/sample-result.js";

/** The rows as a reader sees them: `  ▾ 3`. */
function drawn(tree: TreeNode, byItself = openFaults): string[] {
  return listRows(tree.children, new Map(), byItself).map(
    ({ item, depth, open }) => `${"  ".repeat(depth)}${open === null ? "" : open ? "▾ " : "▸ "}${nameOf(item)}`,
  );
}

test("ids of taps are parted at modules, calls and slots", () => {
  expect(splitPath("h.0.attn.c_proj")).toEqual(["h", "0", "attn", "c_proj"]);
  expect(splitPath("enc@2[0.1]")).toEqual(["enc", "@2", "[0.1]"]);
  expect(splitPath("(output)[logits]")).toEqual(["(output)", "[logits]"]);
  expect(splitPath("[x]")).toEqual(["[x]"]);
});

describe("the tree of the model", () => {
  test("a healthy model is a screenful: its blocks are one row with their number", () => {
    const tree = buildTree({ ...goodResult(), unmatched: { reference: [], candidate: [] } });
    expect(drawn(tree)).toEqual(["wte", "wpe", "▾ h", "  ▸ 0 … 11", "ln_f", "lm_head"]);
  });

  test("what leads to the fault is unfolded, healthy blocks on both sides of it are not", () => {
    const tree = buildTree({ ...badResult(), unmatched: { reference: [], candidate: [] } });
    expect(drawn(tree)).toEqual([
      ...["wte", "wpe", "▾ h", "  ▸ 0 … 2", "  ▾ 3", "    ln_1", "    ▾ attn", "      c_attn", "      c_proj"],
      ...["    ln_2", "    ▸ mlp", "  ▸ 4 … 11", "ln_f", "lm_head"],
    ]);
    const h = tree.children[2];
    expect(h).toMatchObject({ worst: "mismatch", wrong: 1, pairs: 12 * 9, own: null });
  });

  test("blocks that are made differently are not put together, nor are numbered layers of other classes", () => {
    const pairs = ["a.0", "a.1", "a.2"].map((id) => samplePair(id));
    const other = { ...samplePair("a.1"), candidate: { ...samplePair("a.1").candidate, type: "ReLU" } };
    const mixed = pairs.map((pair) => (pair.id === "a.1" ? other : pair));
    const unmatched = { reference: [], candidate: [] };
    expect(drawn(buildTree({ pairs, unmatched }))).toEqual(["▾ a", "  ▸ 0 … 2"]);
    expect(drawn(buildTree({ pairs: mixed, unmatched }))).toEqual(["▾ a", "  0", "  1", "  2"]);
  });

  test("a tap of the original without a partner stands in the module of its innermost scope", () => {
    const { pairs } = goodResult(2);
    const tree = buildTree({
      pairs,
      unmatched: {
        reference: [
          { id: "model/h1/attn/transpose_3", isOutput: false, why: "no module gives this tensor" },
          { id: "model/h1/ln_1/mul_1", isOutput: false, why: "no module gives this tensor" },
          { id: "elsewhere/present", isOutput: true, why: "nothing has its shape" },
        ],
        candidate: [{ id: "h.1.attn.dropout", isOutput: false, why: "dropout has no partner" }],
      },
    });
    const rows = listRows(tree.children, new Map(), openAll).filter(
      ({ item }) => !isBlock(item) && item.alone !== null,
    );
    expect(rows.map(({ item, depth }) => [nameOf(item), depth])).toEqual([
      ["mul_1", 3],
      ["dropout", 3],
      ["transpose_3", 3],
      ["elsewhere/present", 0],
    ]);
  });

  test("a module without a pair corresponds to the scope that its children share", () => {
    const pairs = ["h.0.attn.c_attn", "h.0.attn.c_proj", "h.1.ln_1"].map((id) => samplePair(id));
    const [h] = buildTree({ pairs, unmatched: { reference: [], candidate: [] } }).children;
    expect(h?.reference).toBe("model");
    expect(h?.children[0]).toMatchObject({ name: "0", reference: "model/h0/attn" });
  });
});
