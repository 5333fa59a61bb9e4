import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { PACKAGE_ROOT } from "../package-root.js";
import { runProbe } from "./run-probe.js";
import { IS_CHECKOUT, writeSetupCommand } from "./setup-command.js";
import type { RuntimeReport } from "./types.js";

const MANIFEST = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});

/** Node itself, against what package.json asks for. */
export function diagnoseNode(): RuntimeReport {
  const minimum = readManifest(PACKAGE_ROOT).engines?.node.replace(">=", "") ?? "20";
  const usable = isAtLeast(process.versions.node, minimum);
  return {
    name: "Node",
    usable,
    required: true,
    version: process.versions.node,
    neededFor: "everything",
    detail: usable ? process.execPath : `parity needs Node ${minimum} or newer`,
    mend: usable ? null : "nvm install --lts",
  };
}

/** The packages that package.json names, wherever npm has put them. */
export function diagnoseNpmPackages(): RuntimeReport {
  const names = Object.keys(readManifest(PACKAGE_ROOT).dependencies ?? {});
  const lacking = names.filter((name) => findPackage(name) === null);
  return {
    name: "npm packages",
    usable: lacking.length === 0,
    required: true,
    version: null,
    neededFor: "everything",
    detail: lacking.length === 0 ? `all ${names.length} are installed` : `${lacking.join(", ")} not installed`,
    mend: lacking.length === 0 ? null : IS_CHECKOUT ? writeSetupCommand() : "npm install --ignore-scripts",
  };
}

const ADDON = z.object({ tfjsNode: z.string(), tensorflow: z.string() });

/** tfjs-node by multiplying two matrices with it. */
export async function diagnoseTfjsNode(): Promise<RuntimeReport> {
  const probe = await runProbe(process.execPath, [join(PACKAGE_ROOT, "scripts", "setup", "verify-addon.cjs")]);
  const addon = ADDON.safeParse(probe.ok ? probe.answer : null);
  return {
    name: "tfjs-node",
    usable: addon.success,
    required: true,
    version: addon.data?.tfjsNode ?? null,
    neededFor: "running TensorFlow originals",
    detail: addon.success ? `TensorFlow ${addon.data.tensorflow}` : probe.ok ? "gave no version" : probe.why,
    mend: addon.success ? null : writeSetupCommand(),
  };
}

/** onnxruntime-node by loading its native part. */
export async function diagnoseOnnxRuntime(): Promise<RuntimeReport> {
  const code = "const o = require('onnxruntime-node'); o.Tensor; console.log(JSON.stringify(o.env.versions.node))";
  const probe = await runProbe(process.execPath, ["-e", code], PACKAGE_ROOT);
  const version = probe.ok && typeof probe.answer === "string" ? probe.answer : null;
  return {
    name: "onnxruntime-node",
    usable: version !== null,
    required: false,
    version,
    neededFor: "models in ONNX form",
    detail: version !== null ? "CPU" : probe.ok ? "gave no version" : probe.why,
    mend: version !== null ? null : IS_CHECKOUT ? writeSetupCommand() : "npm install --ignore-scripts",
  };
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [minMajor = 0, minMinor = 0] = minimum.split(".").map(Number);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}

function findPackage(name: string): string | null {
  for (let folder = PACKAGE_ROOT; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
    if (dirname(folder) === folder) return null;
  }
}

function readManifest(folder: string): z.infer<typeof MANIFEST> {
  return MANIFEST.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
}
