import { existsSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../package-root.js";

/**
 * The Python interpreter that runs the candidate: the one that was asked for, `PARITY_PYTHON`, the activated virtual
 * environment, the one that parity's set-up made, or `python3` of the PATH, in this order. Whether it has torch is seen
 * when it starts.
 */
export function resolvePython(option?: string): string {
  return locatePython(option).python;
}

/** As `resolvePython`, with where it was found, in words. */
export function locatePython(option?: string): { readonly python: string; readonly from: string } {
  if (option !== undefined && option !== "") return { python: option, from: "as given" };
  const named = process.env.PARITY_PYTHON;
  if (named !== undefined && named !== "") return { python: named, from: "PARITY_PYTHON" };
  const activated = process.env.VIRTUAL_ENV;
  if (activated !== undefined && activated !== "" && existsSync(pythonOf(activated))) {
    return { python: pythonOf(activated), from: "the activated virtual environment" };
  }
  const own = pythonOf(join(PACKAGE_ROOT, ".venv"));
  return existsSync(own) ? { python: own, from: "parity's .venv" } : { python: "python3", from: "PATH" };
}

function pythonOf(environment: string): string {
  return join(environment, "bin", "python");
}
