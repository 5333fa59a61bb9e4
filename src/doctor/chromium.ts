import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { writeSetupCommand } from "./setup-command.js";
import type { RuntimeReport } from "./types.js";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser in which parity's own tests open the report. Looked for, not started. */
export function diagnoseChromium(): RuntimeReport {
  const found = findChromium();
  return {
    name: "Chromium",
    usable: found !== null,
    required: false,
    version: null,
    neededFor: "parity's own tests of the report page",
    detail: found ?? "not found in PATH",
    mend: found === null ? writeSetupCommand("--with-browser") : null,
  };
}

function findChromium(): string | null {
  const named = process.env.PARITY_CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program)));
  return [...(named ? [named] : []), ...candidates].find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
