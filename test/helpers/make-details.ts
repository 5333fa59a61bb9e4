import { sizeOfDetails } from "../../src/check/detail-size.js";
import { nameAxes } from "../../src/check/name-axes.js";
import { describeTensors } from "../../src/compare/detail/describe-tensors.js";
import { SAME_LAYOUT } from "../../src/compare/types.js";
import type { LayerDetail } from "../../src/report/details.js";
import type { PairResult } from "../../src/report/types.js";
import { seeded } from "../compare/detail/tensors.js";
import { tensorOf } from "../compare/memory-tensor.js";
import { hash } from "./sample-pair.js";

/** Made once per kind of layer, error and number of layers: samples have up to a thousand pairs. */
const made = new Map<string, Omit<LayerDetail, "pair" | "case" | "run" | "calls" | "ops" | "command">>();

/** Details of sample pairs as a check gives them: made by the pure functions from seeded tensors with errors of the pair's size. */
export function makeDetails(pairs: readonly PairResult[]): LayerDetail[] {
  const compared = pairs.filter((pair) => pair.verdict !== "not-compared");
  const differing = compared.filter((pair) => pair.verdict === "mismatch").length;
  return compared.map((pair): LayerDetail => {
    const isWrong = pair.verdict === "mismatch";
    const leaf = pair.id.split(".").at(-1) ?? pair.id;
    const count = isWrong ? differing : compared.length - differing;
    const key = [leaf, isWrong, pair.verdict === "identical", count].join();
    const shown = made.get(key) ?? showTensors(pair, leaf, count);
    made.set(key, shown);
    return {
      pair: pair.id,
      case: pair.local?.case ?? pair.worstCase ?? "c1",
      run: pair.local === null ? "accumulated" : "local",
      ...shown,
      calls: isWrong ? sampleCalls(shown.shape) : [],
      ops: { shown: [{ name: `${pair.reference.name}/MatMul`, type: "MatMul" }], cut: isWrong ? 0 : 3 },
      command: `parity check gpt2 --only ${pair.id}`,
    };
  });
}

function showTensors(pair: PairResult, leaf: string, count: number) {
  const random = seeded(hash(leaf));
  const shape = [3, 7, leaf === "lm_head" ? 500 : 96];
  const size = shape.reduce((a, b) => a * b, 1);
  const error = pair.local?.metrics.relativeL2 ?? pair.metrics?.relativeL2 ?? 0;
  const reference = Float32Array.from({ length: size }, () => 3 * (random() + random() + random() - 1.5));
  const isWrong = pair.verdict === "mismatch";
  const candidate = reference.map((value, at) => {
    const isSpared = !isWrong && random() < 0.3;
    return isSpared ? value : value + error * (random() - 0.5) * (isWrong && at % 96 < 12 ? 6 : 1);
  });
  const axes = nameAxes([{ shape, batch: 3, tokens: 7 }], pair.candidate.type);
  const kind = isWrong ? "differing" : "healthy";
  const detail = describeTensors(
    tensorOf("float32", shape, reference),
    tensorOf("float32", shape, candidate),
    SAME_LAYOUT,
    axes,
    sizeOfDetails(kind, count),
  );
  return { axes, ...detail };
}

function sampleCalls(shape: readonly number[]): LayerDetail["calls"] {
  const source = { file: "port/model.py", line: 41 };
  return [
    { name: "F.linear", source, shape },
    { name: "Tensor.add", source: { ...source, line: 42 }, shape: null },
  ];
}
