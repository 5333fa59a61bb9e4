// Two 500 MB weight files (GPT-2 124M as TensorFlow's checkpoint and as the port's safetensors) compared, against the time
// that reading both takes.
import { join } from "node:path";
import { measure, median } from "./measure.mjs";

export async function benchWeights(model, runs) {
  const checkpoint = join(model, "model.ckpt");
  const state = join(model, "model.safetensors");
  const read = [];
  const compare = [];
  let peak = 0;
  let result = {};
  for (let i = 0; i <= runs; i++) {
    const reading = await measure(process.execPath, [
      "bench/weigh.mjs",
      "--read",
      `${checkpoint}.data-00000-of-00001`,
      state,
    ]);
    const comparing = await measure(process.execPath, ["bench/weigh.mjs", checkpoint, state]);
    if (comparing.code !== 0) throw new Error(comparing.errors);
    result = JSON.parse(comparing.output);
    peak = Math.max(peak, comparing.peakMiB);
    if (i === 0) continue; // warms the page cache
    read.push(JSON.parse(reading.output).seconds);
    compare.push(result.seconds);
  }
  const ratio = median(compare) / median(read);
  return [
    "## Weights: two 500 MB files",
    "",
    `${result.equal} of ${result.tensors} tensors equal, half of them transposed. Files in the page cache; medians of ${runs}.`,
    "",
    "| | seconds | peak memory | target |",
    "|---|---|---|---|",
    `| read both files once | ${median(read).toFixed(2)} | | |`,
    `| compare them (\`weighFiles\`) | ${median(compare).toFixed(2)} | ${Math.round(peak)} MiB | ≤ 1.5 × reading; < 400 MB |`,
    `| ratio | **${ratio.toFixed(2)}** | | |`,
  ].join("\n");
}
