import { ParityError } from "../../errors.js";
import { shortPath } from "./record-command.js";

/** A golden that is not what this run would record: it is refused, and `--update changed` makes it anew. */
export class StaleGolden extends ParityError {
  readonly reasons: readonly string[];

  constructor(directory: string, reasons: readonly string[], command?: string) {
    const [first = "it does not fit", ...others] = reasons;
    super("INPUTS_INVALID", `The golden ${shortPath(directory)} is stale: ${first}.`, {
      where: { file: directory },
      hint: `Make it anew: ${command ?? `parity record --out ${shortPath(directory)}`}`,
      ...(others.length === 0 ? {} : { detail: others.join("\n") }),
    });
    this.reasons = reasons;
  }

  /** The same with the command that belongs to this run. */
  withCommand(directory: string, command: string): StaleGolden {
    return new StaleGolden(directory, this.reasons, command);
  }
}
