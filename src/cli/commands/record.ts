import chalk from "chalk";
import { recordGolden } from "../../check/record-golden.js";
import { loadConfig } from "../../config/load.js";
import { resolveRecording } from "../../config/resolve-record.js";
import { EXIT } from "../../errors.js";
import { createProgress } from "../../report/progress.js";
import { renderGolden } from "../../report/render-golden.js";
import { shortPath } from "../../runners/golden/record-command.js";
import { totalBytes } from "../../runners/golden/verify-files.js";
import { interruptible } from "../interruptible.js";
import type { RecordArguments } from "../record-options.js";

/** `parity record`: runs the reference and keeps what it gave. What was written is shown on standard output. */
export async function runRecord(args: RecordArguments): Promise<number> {
  const progress = createProgress(process.stderr);
  try {
    const { config, out } = resolveRecording(await loadConfig(args.configPath), args.overrides, args.out);
    const { directory, manifest } = await interruptible((signal) =>
      recordGolden(config, out, {
        keeping: args.keeping,
        signal,
        onProgress: (key, text, finished) =>
          finished === true ? progress.finish(key, text) : progress.update(key, text),
      }),
    );
    progress.done();
    const path = shortPath(directory);
    if (args.json) {
      const { files, cases, recorded, reference, runtimes, leftOut, recordedAt, schemaVersion } = manifest;
      const told = { schemaVersion, path, recordedAt, reference, runtimes, tensors: Object.keys(recorded).length };
      const ids = cases.map((one) => one.id);
      process.stdout.write(`${JSON.stringify({ ...told, cases: ids, files, bytes: totalBytes(manifest), leftOut })}\n`);
    } else {
      const color = args.color && chalk.level > 0;
      process.stdout.write(renderGolden(path, manifest, { color, width: process.stdout.columns ?? 120 }));
    }
    return EXIT.parity;
  } finally {
    progress.done();
  }
}
