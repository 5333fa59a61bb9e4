import { expect, test } from "vitest";
import { actionOf } from "../../../../../src/report/html/page/keys/shortcuts.js";
import { stepFrom } from "../../../../../src/report/html/page/keys/step.js";
import { badResult } from "../../../../helpers/sample-result.js";

const plain = { ctrlKey: false, altKey: false, metaKey: false };

test("letters are text while one types, and keys of the browser stay the browser's", () => {
  expect(actionOf({ ...plain, key: "n" }, false)).toBe("next-mismatch");
  expect(actionOf({ ...plain, key: "n" }, true)).toBeNull();
  expect(actionOf({ ...plain, key: "Escape" }, true)).toBe("escape");
  expect(actionOf({ ...plain, key: "p", ctrlKey: true }, false)).toBeNull();
  expect(actionOf({ ...plain, key: "x" }, false)).toBeNull();
});

test("steps begin at the first or last pair, follow the order, and stop at the end", () => {
  const { pairs } = badResult(4);
  const any = () => true;
  expect(stepFrom(pairs, null, 1, any)?.id).toBe("wte");
  expect(stepFrom(pairs, null, -1, any)?.id).toBe("lm_head");
  expect(stepFrom(pairs, "wpe", 1, any)?.id).toBe("h.0.ln_1");
  expect(stepFrom(pairs, "wpe", -1, any)?.id).toBe("wte");
  expect(stepFrom(pairs, "wte", 1, (pair) => pair.verdict === "mismatch")?.id).toBe("h.3.attn.c_proj");
  expect(stepFrom(pairs, "h.3.attn.c_proj", 1, (pair) => pair.verdict === "mismatch")).toBeNull();
});
