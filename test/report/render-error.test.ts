import { expect, test } from "vitest";
import { ParityError } from "../../src/errors.js";
import { renderError } from "../../src/report/render-error.js";

const OPTIONS = { color: false, width: 80 } as const;

test("a broken file is named with the offset, and the hint says what to do", () => {
  const error = new ParityError("FORMAT_INVALID", "the shard ends before the tensor does", {
    where: { file: "models/model.ckpt.data-00000-of-00001", offset: 4096, key: "model/wte" },
    hint: "copy the file again: 120 bytes are missing",
  });
  expect(renderError(error, OPTIONS)).toBe(
    "✗ the shard ends before the tensor does\n" +
      "  at models/model.ckpt.data-00000-of-00001, byte 4096, key model/wte\n" +
      "  → copy the file again: 120 bytes are missing\n",
  );
});

test("the user's traceback stays whole and indented", () => {
  const detail = 'Traceback (most recent call last):\n  File "port.py", line 3, in load\nValueError: no weights\n';
  const error = new ParityError("CANDIDATE_RAISED", "the candidate raised ValueError", {
    where: { file: "port.py", line: 3 },
    detail,
  });
  expect(renderError(error, OPTIONS).split("\n")).toEqual([
    "✗ the candidate raised ValueError",
    "  at port.py:3",
    "",
    "    Traceback (most recent call last):",
    '      File "port.py", line 3, in load',
    "    ValueError: no weights",
    "",
  ]);
});

test("a fault of parity itself keeps its stack and is called one", () => {
  const text = renderError(new TypeError("x is undefined"), OPTIONS);
  expect(text).toMatch(/^✗ internal error: x is undefined\n/);
  expect(text).toContain("render-error.test.ts");
  expect(text).toContain("→ this is a fault of parity itself");
});
