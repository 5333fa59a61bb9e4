import { type Candidate, type CandidateOptions, startCandidate } from "../runners/candidate.js";
import { startOnnxCandidate } from "../runners/onnx-candidate.js";

/** Starts the process that runs a candidate of its form: onnxruntime for an ONNX model, Python for all others. */
export function startAnyCandidate(options: CandidateOptions): Candidate {
  return options.form === "onnx" ? startOnnxCandidate(options) : startCandidate(options);
}
