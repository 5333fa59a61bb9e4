import { spawn } from "node:child_process";
import { ROOT } from "./paths.mjs";

/**
 * Runs a Node program in the repository's root with this process's own standard streams.
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code; 128 + number when a signal ended it, as a shell says it
 */
export async function runInherited(args) {
  // Ctrl-C reaches the child too; it decides when and with which code to end.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  process.once("SIGTERM", () => child.kill("SIGTERM"));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
