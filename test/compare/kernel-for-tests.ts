import { execa } from "execa";
import { loadKernel, type WasmKernel } from "../../src/compare/wasm-kernel.js";
import { ROOT } from "../helpers/python.js";

/** Builds the kernel where it is missing or older than its sources, and gives it back: tests never run without it. */
export async function builtKernel(): Promise<WasmKernel> {
  await execa("node", ["scripts/build-kernel.mjs"], { cwd: ROOT });
  const kernel = loadKernel();
  if (kernel === null) throw new Error("the kernel was built but not found");
  return kernel;
}
