/** What one runtime or built part of parity is good for on this machine. */
export interface RuntimeReport {
  /** `torch`, `tfjs-node`, … */
  readonly name: string;
  readonly usable: boolean;
  /** False for what only some checks or only parity's own tests need. */
  readonly required: boolean;
  readonly version: string | null;
  /** Completes "needed for". */
  readonly neededFor: string;
  /** Where it was found, or why it cannot be used. */
  readonly detail: string;
  /** The command that mends it; null when nothing has to be mended. */
  readonly mend: string | null;
}
