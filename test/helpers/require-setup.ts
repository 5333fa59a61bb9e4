import { existsSync } from "node:fs";
import { PYTHON, ROOT } from "./python.js";

const NEEDED: readonly (readonly [what: string, file: string])[] = [
  ["the Python packages", PYTHON],
  ["the tfjs-node addon", `${ROOT}node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node`],
  ["dist/", `${ROOT}dist/compare/kernel.wasm`],
];

/** Says once, before the first test, what would otherwise fail every second test in its own words. */
export function setup(): void {
  // A bare command is looked up in PATH when it is started.
  const missing = NEEDED.filter(([, file]) => file.includes("/") && !existsSync(file)).map(([what]) => what);
  if (missing.length === 0) return;
  throw new Error(
    `Set-up has not run: ${missing.join(", ")} missing. Run: npm run setup (or npm test, which does it).`,
  );
}
