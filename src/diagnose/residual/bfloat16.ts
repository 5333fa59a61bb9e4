/** The nearest bfloat16 (8 bits of significand, ties to even), as a number. Infinities and NaN stay what they are. */
export function toBfloat16(value: number): number {
  if (!Number.isFinite(value)) return value;
  const bits = new Uint32Array(new Float32Array([value]).buffer);
  const whole = bits[0] ?? 0;
  // Half of the dropped part, and one more where the kept part is odd: round half to even.
  const rounded = (whole + 0x7fff + ((whole >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(new Uint32Array([rounded >>> 0]).buffer)[0] ?? Number.NaN;
}
