import { openTensorFile } from "../formats/open.js";
import { prepareFormats } from "../formats/prepare.js";
import type { CandidateDescription } from "../runners/candidate.js";
import { type Weighed, weighParameters } from "./weigh.js";

/**
 * Holds the tensors of one file against those of another, whatever their formats: a TensorFlow checkpoint against a state
 * dict, for example. Without a model nothing is known of how a kernel is used, so either orientation counts as equal; the
 * transform says which it was. Files are streamed: memory does not grow with them.
 *
 * @param map reference name → candidate name, for names that do not find each other
 */
export async function weighFiles(
  referencePath: string,
  candidatePath: string,
  map: Readonly<Record<string, string>> = {},
): Promise<Weighed> {
  await prepareFormats(referencePath, candidatePath);
  const checkpoint = openTensorFile(referencePath);
  const candidate = openTensorFile(candidatePath);
  try {
    const description: CandidateDescription = {
      inputs: [],
      modules: [],
      warnings: [],
      parameters: [...candidate.tensors.values()].map((tensor) => ({
        name: tensor.name,
        module: tensor.name.slice(0, Math.max(0, tensor.name.lastIndexOf("."))),
        kind: "parameter",
        persistent: true,
        dtype: tensor.dtype,
        shape: tensor.shape,
        sameAs: null,
        expectedLayout: "unknown",
      })),
    };
    const keys = [...checkpoint.tensors.values()].flatMap((tensor) => (tensor.dtype === "string" ? [] : [tensor.name]));
    return await weighParameters({ description, candidate, checkpoint, keys, map });
  } finally {
    checkpoint.close();
    candidate.close();
  }
}
