/** The elements with the largest error so far. */
export class WorstCollector {
  private readonly found: { at: number; error: number }[] = [];
  private threshold = 0;

  /** @param limit how many are kept */
  constructor(private readonly limit: number) {}

  /** @param first flat index of the block's first element */
  add(errors: Float64Array, first: number, length: number): void {
    let { threshold } = this;
    for (let i = 0; i < length; i++) {
      const error = errors[i] ?? 0;
      if (error > threshold) threshold = this.insert(first + i, error);
    }
  }

  /** Of elements with the same error the first ones stay. Gives the error that a further element must exceed. */
  private insert(at: number, error: number): number {
    const { found, limit } = this;
    let place = found.length;
    while (place > 0 && (found[place - 1]?.error ?? 0) < error) place--;
    found.splice(place, 0, { at, error });
    if (found.length > limit) found.pop();
    this.threshold = found.length === limit ? (found.at(-1)?.error ?? 0) : 0;
    return this.threshold;
  }

  /** Flat indices, worst first. Elements without an error are not among them. */
  finish(): number[] {
    return this.found.map(({ at }) => at);
  }
}
