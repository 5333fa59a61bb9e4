/** The shortest decimal that is the same float32: 9.999999747378752e-6 is 1e-5. What a user would write. */
export function shortest(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const single = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return value;
}

/** A constant as code has it: `1e-5`, `0.125`, `0.7978846`. */
export function formatConstant(value: number): string {
  const short = shortest(value);
  const size = Math.abs(short);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return short.toExponential().replace("e+", "e");
  return String(short);
}
