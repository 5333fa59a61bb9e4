import { requireCandidate } from "../config/models.js";
import { type Candidate, type CandidateOptions, startCandidate } from "../runners/candidate.js";
import { startOnnxCandidate } from "../runners/onnx-candidate.js";

/** Starts the process that runs a candidate of its kind: Python for code, onnxruntime for an ONNX model. */
export function startAnyCandidate(options: CandidateOptions): Candidate {
  return requireCandidate(options.entry).kind === "onnx" ? startOnnxCandidate(options) : startCandidate(options);
}
