import { spawn } from "node:child_process";
import { ROOT } from "./paths.mjs";

/**
 * Runs a program in the repository's root with this process's own standard streams.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} [cwd]
 * @returns {Promise<number>} its exit code; 128 + number when a signal ended it, as a shell says it
 */
export async function runInherited(program, args, cwd = ROOT) {
  // Ctrl-C reaches the child too; it decides when and with which code to end.
  const wait = () => {};
  process.on("SIGINT", wait);
  const child = spawn(program, args, { cwd, stdio: "inherit" });
  const pass = () => child.kill("SIGTERM");
  process.on("SIGTERM", pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
    });
  } finally {
    process.off("SIGINT", wait);
    process.off("SIGTERM", pass);
  }
}

/**
 * As `runInherited`, a Node program.
 * @param {...string} args
 */
export function runNode(...args) {
  return runInherited(process.execPath, args);
}
