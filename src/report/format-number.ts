/**
 * How numbers are written, in the terminal and on the page alike. Pure: the page bundles this file.
 */

/** An error or tolerance with two digits: `4.4e-7`, `3.1e+0`; exactly zero is `0`. */
export function formatError(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return formatNonFinite(value);
  return value.toExponential(1);
}

/** Any value of a tensor or figure of a metric: short decimals as they are, the rest with four digits. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(3);
  return String(Number(value.toPrecision(5)));
}

/** How many times over: `×1.2`, `×410`, `×5.4e5`. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return `×${formatNonFinite(ratio)}`;
  // Rounding comes before the choice of notation, so that 9.97 is ×10 and not ×10.0.
  if (ratio >= 9_999.5) return `×${ratio.toExponential(1).replace("e+", "e")}`;
  if (ratio >= 9.95) return `×${ratio.toFixed(0)}`;
  if (ratio >= 0.95) return `×${ratio.toFixed(1)}`;
  if (ratio === 0 || ratio >= 0.01) return `×${String(Number(ratio.toPrecision(1)))}`;
  return `×${ratio.toExponential(0)}`;
}

/** `768×768`; a scalar is `scalar`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/** `4.1 s`, from a minute on `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.05) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `1 pair`, `148 pairs`; thousands are set apart (`1,000 pairs`). `many` is needed where an s does not do. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatInteger(count)} ${count === 1 ? one : many}`;
}

/** `12,345`. Not `toLocaleString`, whose result depends on the machine. */
export function formatInteger(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `0.31 %`; a share that is not zero never reads as zero. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent !== 0 && percent < 0.01) return "< 0.01 %";
  return `${String(Number(percent.toPrecision(3)))} %`;
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "∞" : "-∞";
}
