import { existsSync } from "node:fs";
import { ParityError } from "../errors.js";
import { readDataFile } from "./read-data-file.js";

/** Reads a map file, JSON or YAML: `{ referenceName: candidateName }`. */
export function loadMap(file: string): Record<string, string> {
  if (!existsSync(file)) {
    throw new ParityError("FILE_NOT_FOUND", `There is no map file ${file}.`, {
      where: { file },
      hint: 'A map is a JSON or YAML object: { "model/h0/attn": "h.0.attn" }',
    });
  }
  const value = readDataFile(file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ParityError("CONFIG_INVALID", `${file} does not hold an object of reference name → candidate name.`, {
      where: { file },
      hint: 'Example: { "model/h0/attn": "h.0.attn" }',
    });
  }
  const map: Record<string, string> = {};
  for (const [name, target] of Object.entries(value)) {
    if (typeof target !== "string") {
      throw new ParityError(
        "CONFIG_INVALID",
        `${file}: "${name}" must map to a name, found ${JSON.stringify(target)}.`,
        {
          where: { file, key: name },
        },
      );
    }
    map[name] = target;
  }
  return map;
}
