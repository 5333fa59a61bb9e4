import { resultJsonSchema } from "../../report/schema.js";

/** `parity schema`: the JSON Schema of report.json and of `parity check --json`. */
export function runSchema(): number {
  process.stdout.write(`${JSON.stringify(resultJsonSchema(), null, 2)}\n`);
  return 0;
}
