import { fileURLToPath } from "node:url";
import { execa } from "execa";

/** The repository's root, with a trailing slash. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The interpreter that set-up installs, unless PARITY_PYTHON names another one. */
export const PYTHON = process.env.PARITY_PYTHON ?? `${ROOT}.venv/bin/python`;

/** Runs a Python script of the repository (path relative to its root) to its end and gives back its standard output. */
export async function runPython(script: string, args: readonly string[] = []): Promise<string> {
  const result = await execa(PYTHON, [script, ...args], {
    cwd: ROOT,
    env: { TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "", PYTHONPATH: `${ROOT}harness` },
  });
  return result.stdout;
}
