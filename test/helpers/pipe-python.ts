import { execa } from "execa";
import { PYTHON, ROOT } from "./python.js";

/** Runs a Python script of the repository on a text and gives back its standard output. */
export async function pipePython(script: string, input: string): Promise<string> {
  const { stdout } = await execa(PYTHON, [script], { cwd: ROOT, input, stripFinalNewline: false });
  return stdout;
}
