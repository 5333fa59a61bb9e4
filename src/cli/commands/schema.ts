import { ParityError } from "../../errors.js";
import { modelsJsonSchema } from "../../report/models/schema.js";
import { resultJsonSchema } from "../../report/schema.js";
import { shardJsonSchema } from "../../report/shard/schema.js";

/** By what `parity schema` calls them. */
const SCHEMAS: Readonly<Record<string, () => Record<string, unknown>>> = {
  result: resultJsonSchema,
  models: modelsJsonSchema,
  shard: shardJsonSchema,
};

/** `parity schema [which]`: the JSON Schema of report.json, of `--json` for several models, or of a shard's file. */
export function runSchema(which = "result"): number {
  const schema = Object.hasOwn(SCHEMAS, which) ? SCHEMAS[which] : undefined;
  if (schema === undefined) {
    throw new ParityError("USAGE", `There is no schema of ${which}.`, {
      hint: `There are schemas of ${Object.keys(SCHEMAS).join(", ")}.`,
    });
  }
  process.stdout.write(`${JSON.stringify(schema(), null, 2)}\n`);
  return 0;
}
