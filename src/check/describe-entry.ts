import type { CandidateModel } from "../config/models.js";
import type { CandidateOptions } from "../runners/candidate.js";

/** How the runner is told what the candidate is. */
export function describeEntry(
  path: string,
  model: CandidateModel,
): Pick<CandidateOptions, "entry" | "form" | "pretrainedClass"> {
  switch (model.kind) {
    case "python":
      return { entry: path };
    case "torch-program":
      return { entry: model.file, form: model.form };
    case "onnx":
      return { entry: model.file, form: "onnx" };
    case "hf":
      return {
        entry: model.directory,
        form: "hf",
        ...(model.class === null ? {} : { pretrainedClass: model.class }),
      };
  }
}
