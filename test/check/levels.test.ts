import { join } from "node:path";
import { expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { faulty, TINY } from "../helpers/golden.js";

it("a level that names no tap is refused before anything is compared, however much there would be to explain", async () => {
  const told: string[] = [];
  const running = check(
    {
      reference: join(TINY, "model.ckpt"),
      candidate: faulty("two_faults"),
      inputs: { values: { X: [[1, 2, 3]] } },
      levels: { "h.3.**": "warn", "heads.**": "warn" },
    },
    { onProgress: (_, text) => told.push(text) },
  );
  await expect(running).rejects.toThrow('levels["heads.**"] matches no tap.');
  expect(told.join("\n")).not.toMatch(/layer by layer|looking for the cause/);
}, 240_000);
