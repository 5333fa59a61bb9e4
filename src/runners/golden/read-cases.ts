import { readTensor } from "../../formats/read-tensor.js";
import { openSafetensors } from "../../formats/safetensors.js";
import type { Case } from "../../inputs/types.js";
import { GOLDEN_FILES } from "./manifest.js";
import type { OpenGolden } from "./open-golden.js";
import { StaleGolden } from "./stale.js";

/** The cases as the golden keeps them. Throws StaleGolden when an input is not in its file. */
export function readCases(golden: OpenGolden): Case[] {
  const file = openSafetensors(golden.pathOf(GOLDEN_FILES.inputs));
  try {
    return golden.manifest.cases.map(({ id, label, inputs }) => ({
      id,
      label,
      inputs: inputs.map(({ name }) => {
        const tensor = file.tensors.get(`${id}/${name}`);
        if (tensor === undefined)
          throw new StaleGolden(golden.directory, [`${GOLDEN_FILES.inputs} lacks ${name} of case ${id}`]);
        return { name, dtype: tensor.dtype, shape: [...tensor.shape], data: readTensor(tensor) };
      }),
    }));
  } finally {
    file.close();
  }
}
