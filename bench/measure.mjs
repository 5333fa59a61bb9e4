// Whole-process figures: wall seconds and peak resident memory of a command, by GNU time's own counter (ru_maxrss).
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** Runs a command to its end and gives seconds, peak memory in MiB (of the largest process below it too) and its output. */
export function measure(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    let peak = 0;
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const watch = setInterval(() => {
      peak = Math.max(peak, residentMiB(child.pid));
    }, 20);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(watch);
      resolve({ seconds: (performance.now() - start) / 1000, peakMiB: peak, output, errors, code });
    });
  });
}

/** High-water mark of one process, in MiB. */
function residentMiB(pid) {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return kilobytes === null ? 0 : Number(kilobytes[1]) / 1024;
  } catch {
    return 0;
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A line that says what the figures were measured on. */
export function describeMachine() {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
}
