// One comparison of two weight files, for bench/weights.mjs to measure: `weigh.mjs CHECKPOINT STATE_DICT`, or `--read FILE…`.
import { closeSync, openSync, readSync } from "node:fs";
import { weighFiles } from "../dist/index.js";

const [first, ...rest] = process.argv.slice(2);
const start = performance.now();
if (first === "--read") {
  const block = Buffer.allocUnsafe(4 * 2 ** 20);
  for (const path of rest) {
    const file = openSync(path, "r");
    while (readSync(file, block) > 0);
    closeSync(file);
  }
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
} else {
  const { facts, unassigned } = await weighFiles(first, rest[0]);
  const equal = facts.filter((fact) => fact.transform !== null).length;
  console.log(
    JSON.stringify({
      seconds: (performance.now() - start) / 1000,
      equal,
      tensors: facts.length,
      unassigned: unassigned.parameters.length,
    }),
  );
}
