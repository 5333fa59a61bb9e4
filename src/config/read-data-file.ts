import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { ParityError } from "../errors.js";

/** The value in a JSON or YAML file (by its ending). Throws CONFIG_INVALID with the line where it stops being either. */
export function readDataFile(file: string): unknown {
  const text = readFileSync(file, "utf8");
  return extname(file).toLowerCase() === ".json" ? readJson(text, file) : readYaml(text, file);
}

function readJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(reason)?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split("\n").length;
    throw invalid(file, "JSON", reason, line, error);
  }
}

function readYaml(text: string, file: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? error.message) : String(error);
    throw invalid(file, "YAML", reason.replace(/:$/, ""), line, error);
  }
}

function invalid(file: string, format: string, reason: string, line: number | undefined, cause: unknown): ParityError {
  return new ParityError("CONFIG_INVALID", `${file} is not valid ${format}: ${reason}`, {
    where: line === undefined ? { file } : { file, line },
    cause,
  });
}
