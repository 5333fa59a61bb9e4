#!/usr/bin/env node
// `npm run bench`: prints the figures and keeps them in bench/RESULTS.md. Makes the 124M model (1 GB) on first use.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchCheck } from "./check.mjs";
import { describeMachine, measure } from "./measure.mjs";
import { benchWeights } from "./weights.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
process.chdir(root);
const python = process.env.PARITY_PYTHON ?? join(root, ".venv/bin/python");
const runs = Number(process.argv[2] ?? 5);
const model = join(root, "examples/gpt2/models/124M");

if (!existsSync(join(model, "model.safetensors"))) {
  console.error("making the 124M model …");
  for (const args of [
    ["examples/gpt2/original/save.py", "--size", "124M", "--out", model],
    ["examples/gpt2/convert.py", model],
  ]) {
    const made = await measure(python, args);
    if (made.code !== 0) throw new Error(made.errors);
  }
}

console.error("kernel …");
const kernel = await measure(process.execPath, ["bench/kernel.mjs"]);
if (kernel.code !== 0) throw new Error(kernel.errors);
console.error("weights …");
const weights = await benchWeights(model, runs);
console.error("check …");
const check = await benchCheck(model, python, runs);

const notes =
  /<!-- notes -->[\s\S]*$/.exec(existsSync("bench/RESULTS.md") ? readFileSync("bench/RESULTS.md", "utf8") : "")?.[0] ??
  "<!-- notes -->\n";
const text = `# Results

Made by \`npm run bench\` (${runs} runs). ${describeMachine()}.
Ratios within one run are what counts; seconds depend on the machine and its load.

## Comparison kernel

${kernel.output.trim()}

${weights}

${check}

${notes}`;
writeFileSync("bench/RESULTS.md", text.endsWith("\n") ? text : `${text}\n`);
console.log(text);
