import { ParityError } from "../errors.js";
import { withFileBytes } from "./file-bytes.js";
import { openHdf5Source } from "./hdf5.js";
import { MAX_INDEX_JSON_BYTES } from "./limits.js";
import type { TensorFile } from "./types.js";
import { readZipDirectory } from "./zip-directory.js";
import { createInflateCache, memberSource, readWholeMember } from "./zip-member.js";

const WEIGHTS = "model.weights.h5";
const CONFIG = "config.json";

/** True for the members of a `.keras` file. */
export function isKerasArchive(names: readonly string[]): boolean {
  return names.includes(WEIGHTS) && names.includes(CONFIG);
}

/**
 * Opens a `.keras` file of Keras 3: a zip archive with `model.weights.h5`, which is read where it lies (inflated in memory where it
 * is compressed). `metadata.model_config` is the text of `config.json`. `loadHdf5` has to be awaited before. Throws as `openHdf5`.
 */
export function openKerasArchive(path: string): TensorFile {
  return withFileBytes(path, (bytes) => {
    const members = readZipDirectory(bytes);
    const [weights, config] = [members.get(WEIGHTS), members.get(CONFIG)];
    if (weights === undefined || config === undefined) {
      throw new ParityError("FORMAT_UNSUPPORTED", `${path} has no ${WEIGHTS}: it is not a .keras file of one part`, {
        where: { file: path },
        hint: "Save it with keras 3: model.save('model.keras').",
      });
    }
    const inflated = createInflateCache();
    const modelConfig = Buffer.from(readWholeMember(bytes, config, MAX_INDEX_JSON_BYTES)).toString("utf8");
    const content = openHdf5Source(memberSource(bytes, weights, inflated), { file: path, key: WEIGHTS });
    const close = (): void => {
      content.close();
      inflated.clear();
      bytes.close();
    };
    return { ...content, path, format: "keras", metadata: { ...content.metadata, model_config: modelConfig }, close };
  });
}
