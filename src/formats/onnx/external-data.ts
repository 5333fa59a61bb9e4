import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { type ErrorPlace, formatError, ParityError } from "../../errors.js";
import { type FileBytes, openFileBytes } from "../file-bytes.js";

/** The files beside a model that hold its weights: opened when they are first read, closed together. */
export class ExternalFiles {
  private readonly open = new Map<string, FileBytes>();

  /** @param model path of the model's file */
  constructor(private readonly model: string) {}

  /**
   * The path of an external file. A model file may name none outside of its own folder, be it by `..` or through a link.
   * Throws FORMAT_INVALID, and FILE_NOT_FOUND when there is none.
   */
  path(location: string, tensor: string): string {
    const folder = dirname(resolve(this.model));
    const path = resolve(folder, location);
    const where: ErrorPlace = { file: this.model, key: tensor };
    if (isAbsolute(location) || !isInside(folder, path)) {
      throw formatError(
        `the tensor ${tensor} names the file ${location}, which is not in the model's folder: it is not followed`,
        where,
        "Put the model's data file beside the model.",
      );
    }
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      throw new ParityError("FILE_NOT_FOUND", `${this.model} keeps ${tensor} in ${location}, which is not there`, {
        where,
        hint: "Copy the model's data file with it: it belongs into the same folder.",
      });
    }
    if (!isInside(realpathSync(folder), realpathSync(path))) {
      throw formatError(
        `the tensor ${tensor} lies in ${location}, a link to a file outside of the model's folder: it is not followed`,
        where,
        "Put the data file itself beside the model.",
      );
    }
    return path;
  }

  file(location: string, tensor: string): FileBytes {
    const path = this.path(location, tensor);
    const known = this.open.get(path) ?? openFileBytes(path);
    this.open.set(path, known);
    return known;
  }

  close(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
