/** A number for a sentence: `4.4e-7`. */
export function formatExponent(value: number): string {
  return Number.isFinite(value) ? value.toExponential(1) : String(value);
}
