import chalk from "chalk";
import { verifyRecorded } from "../../check/verify-recorded.js";
import { isGolden } from "../../config/golden-folder.js";
import { loadConfig } from "../../config/load.js";
import { resolveRecording } from "../../config/resolve-record.js";
import { EXIT, ParityError } from "../../errors.js";
import { createProgress } from "../../report/progress.js";
import { renderVerified } from "../../report/render-verified.js";
import { openGolden } from "../../runners/golden/open-golden.js";
import { shortPath } from "../../runners/golden/record-command.js";
import { interruptible } from "../interruptible.js";
import type { VerifyValues } from "../record-options.js";

/** `parity golden verify`: 0 when the original still gives what the golden keeps, 1 when it does not. */
export async function runGoldenVerify(dir: string | undefined, values: VerifyValues): Promise<number> {
  const progress = createProgress(process.stderr);
  try {
    // A golden that is named says itself what it was recorded from.
    const loaded = dir === undefined ? await loadConfig() : null;
    const directory = resolveRecording(loaded, { reference: values.reference ?? "." }, dir).out;
    if (!isGolden(directory)) {
      throw new ParityError("FILE_NOT_FOUND", `There is no golden in ${shortPath(directory)}.`, {
        where: { file: directory },
        hint: "Name its folder: parity golden verify golden/NAME; or record it: parity record",
      });
    }
    const recorded = openGolden(directory).manifest.reference.path;
    const reference = values.reference ?? (dir === undefined ? undefined : recorded);
    const { config } = resolveRecording(loaded, reference === undefined ? {} : { reference });
    const verified = await interruptible((signal) =>
      verifyRecorded(config, directory, signal, (text) => progress.update("reference", text)),
    );
    progress.done();
    if (values.json === true)
      process.stdout.write(`${JSON.stringify({ schemaVersion: 1, path: shortPath(directory), ...verified })}\n`);
    else {
      const color = values.color !== false && chalk.level > 0;
      process.stdout.write(
        renderVerified(shortPath(directory), verified, { color, width: process.stdout.columns ?? 120 }),
      );
    }
    return verified.holds ? EXIT.parity : EXIT.mismatch;
  } finally {
    progress.done();
  }
}
