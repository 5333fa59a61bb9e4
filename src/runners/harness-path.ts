import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

/** `PYTHONPATH` under which Python finds parity's own package, before what the user's says. */
export function harnessPath(env: Readonly<Record<string, string>>): string {
  const harness = fileURLToPath(new URL("../../harness", import.meta.url));
  return [harness, env.PYTHONPATH ?? process.env.PYTHONPATH].filter(Boolean).join(delimiter);
}
