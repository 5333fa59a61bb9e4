import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ParityError } from "../errors.js";
import { type Candidate, type CandidateOptions, speakWithCandidate } from "./candidate.js";
import { startRunner } from "./wire.js";

/** An ONNX model, run by onnxruntime in a Node process of its own. */
export function startOnnxCandidate(options: CandidateOptions): Candidate {
  const runner = startRunner({
    label: "candidate",
    command: process.execPath,
    args: [workerPath()],
    env: { ...options.env },
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return speakWithCandidate(runner, options);
}

function workerPath(): string {
  const beside = fileURLToPath(new URL("./onnx-worker.js", import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL("../../dist/runners/onnx-worker.js", import.meta.url));
  if (existsSync(built)) return built;
  throw new ParityError("RUNTIME_MISSING", "parity itself is not built.", {
    hint: "npm run build",
    where: { file: built },
  });
}
