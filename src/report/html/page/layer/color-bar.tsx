import { useLayoutEffect, useRef } from "preact/hooks";
import type { CellScale } from "../../../details.js";
import { formatError, formatValue } from "../../../format-number.js";
import { cssColor, NON_FINITE_COLOR } from "../chart/color-map.js";
import { colorTable } from "./cell-colors.js";
import { valueOfCell } from "./cells.js";

interface ColorBarProps {
  readonly scale: CellScale;
  /** Whether NaN or ±Inf occur. */
  readonly broken: boolean;
}

/** What the colours of a heat map stand for. */
export function ColorBar({ scale, broken }: ColorBarProps) {
  const bar = useRef<HTMLCanvasElement>(null);
  const log = scale.kind === "log";
  useLayoutEffect(() => {
    const context = bar.current?.getContext("2d");
    if (context === null || context === undefined) return;
    context.clearRect(0, 0, 255, 1);
    colorTable(scale).forEach((color, byte) => {
      if (color === null || byte === 255) return;
      context.fillStyle = cssColor(color);
      context.fillRect(byte, 0, 1, 1);
    });
  }, [scale]);
  const write = log ? formatError : formatValue;
  const flat = scale.low === scale.high;
  return (
    <p class="color-bar">
      {log ? (
        <span class="key">
          <span class="swatch" /> equal
        </span>
      ) : null}
      <span class="key">
        <span>{write(scale.low)}</span>
        <canvas ref={bar} width={255} height={1} />
        {flat ? null : <span class="quiet">{write(valueOfCell(127, scale))}</span>}
        {flat ? null : <span>{write(scale.high)}</span>}
        {log ? <span class="quiet">logarithmic</span> : null}
      </span>
      {broken ? (
        <span class="key">
          <span class="swatch" style={{ background: cssColor(NON_FINITE_COLOR) }}>
            ×
          </span>{" "}
          NaN or ±Inf
        </span>
      ) : null}
    </p>
  );
}
