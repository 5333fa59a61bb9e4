/** What the catalogue says of one cause, for `parity causes` and docs/causes.md. */
export interface CauseEntry {
  /** What it is: one line. */
  readonly what: string;
  /** What puts it on the list of hypotheses. */
  readonly sees: string;
  /** What is changed before the layer is run again; null where nothing is tried, and `sees` says what happens instead. */
  readonly experiment: string | null;
  /** What the repair looks like: code, or a line of a shell. */
  readonly fix: string;
  /** What looks like it and is not, or hides it. */
  readonly traps: readonly string[];
  /** Whether a forward pass in inference mode shows it. */
  readonly shows: "any-input" | "some-inputs" | "never";
  /** What inputs must have to show it, or why none can; null for `any-input`. */
  readonly needs: string | null;
}

export type CauseGroup = "weights" | "layers" | "run";
