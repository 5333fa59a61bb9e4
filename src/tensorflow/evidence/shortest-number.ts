/** The shortest decimal that float32 rounds to the same number: 1e-5 for 9.999999747378752e-6. Other numbers stay. */
export function shortestNumber(value: number): number {
  if (!Number.isFinite(value) || Math.fround(value) !== value) return value;
  // Nine digits tell any two float32 numbers apart (IEEE 754).
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
