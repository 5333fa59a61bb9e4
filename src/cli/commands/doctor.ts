import { supportsColor } from "chalk";
import { diagnoseRuntimes, isReady } from "../../doctor/diagnose-runtimes.js";
import { renderDoctor } from "../../doctor/render-doctor.js";
import { EXIT } from "../../errors.js";

/**
 * Prints which runtimes are usable and, for what is missing, the command that mends it; with `json` as
 * `{ usable, runtimes: RuntimeReport[] }`. Gives the exit code: 0 when everything required is usable, else 2.
 */
export async function runDoctor(options: { readonly json: boolean }): Promise<number> {
  const runtimes = await diagnoseRuntimes();
  const usable = isReady(runtimes);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ usable, runtimes }, null, 2)}\n`
      : renderDoctor(runtimes, { color: supportsColor !== false }),
  );
  return usable ? EXIT.parity : EXIT.couldNotJudge;
}
