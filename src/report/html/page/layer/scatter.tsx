import type { ErrorScatter } from "../../../details.js";
import { formatInteger } from "../../../format-number.js";
import { ChartFrame } from "../chart/chart-frame.js";
import { cssColor, sequentialColor } from "../chart/color-map.js";
import { DataTable } from "../chart/data-table.js";
import { powerOfTen } from "../chart/power-of-ten.js";

const WIDTH = 420;
const HEIGHT = 240;
const LEFT = 44;
const BOTTOM = 34;
/** Room for the labels of the last decades. */
const TOP = 8;
const RIGHT = 12;
const MOST_ROWS = 60;
/** One unit in the last place of a float32 of this size, as a share of it: 2⁻²³. */
const EPSILON = Math.log10(2 ** -23);

/**
 * How many elements have which magnitude and which error. Errors that rise with the magnitude along the dashed lines are
 * relative (a factor, rounding); a level cloud is a constant; a few far above all others are single faults.
 */
export function Scatter({ scatter }: { readonly scatter: ErrorScatter }) {
  const { magnitude, error, counts } = scatter;
  const columns = magnitude.length - 1;
  const rows = error.length - 1;
  if (columns < 1 || rows < 1) return null;
  const [left = 0, right = 1] = [magnitude[0], magnitude[columns]];
  const [bottom = 0, top = 1] = [error[0], error[rows]];
  const x = (log: number) => LEFT + ((log - left) / Math.max(1e-9, right - left)) * (WIDTH - LEFT - RIGHT);
  const y = (log: number) => TOP + (HEIGHT - BOTTOM - TOP) * (1 - (log - bottom) / Math.max(1e-9, top - bottom));
  const most = counts.reduce((max, count) => Math.max(max, count), 1);
  const filled = counts.flatMap((count, at) =>
    count === 0 ? [] : [{ count, row: Math.floor(at / columns), column: at % columns }],
  );
  const range = (edges: readonly number[], at: number) =>
    `${at === 0 ? "up" : writeLog(edges[at] ?? 0)} to ${writeLog(edges[at + 1] ?? 0)}`;
  const sorted = [...filled].sort((a, b) => b.row - a.row || b.column - a.column);
  return (
    <ChartFrame
      title="Error against magnitude"
      note="elements, logarithmic"
      chart={
        <svg
          class="clipped"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label="Number of elements by magnitude and error"
        >
          {filled.map(({ count, row, column }) => {
            const [x0, x1] = [x(magnitude[column] ?? 0), x(magnitude[column + 1] ?? 0)];
            const [y1, y0] = [y(error[row] ?? 0), y(error[row + 1] ?? 0)];
            const share = Math.log1p(count) / Math.log1p(most);
            return (
              <rect
                key={`${row} ${column}`}
                x={x0}
                y={y0}
                width={x1 - x0}
                height={y1 - y0}
                fill={cssColor(sequentialColor(0.15 + 0.85 * share))}
              />
            );
          })}
          <g class="guides">
            {[0, EPSILON].map((relative) => (
              <line key={relative} x1={x(left)} y1={y(left + relative)} x2={x(right)} y2={y(right + relative)} />
            ))}
          </g>
          <rect class="mask" x={0} y={HEIGHT - BOTTOM} width={WIDTH} height={BOTTOM} />
          <rect class="mask" x={0} y={0} width={LEFT} height={HEIGHT} />
          <path class="axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`} />
          {ticks(left, right, 60 / ((WIDTH - LEFT) / Math.max(1, right - left))).map((log) => (
            <text key={`x${log}`} x={x(log)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
              {powerOfTen(log)}
            </text>
          ))}
          {ticks(bottom, top, 24 / ((HEIGHT - BOTTOM) / Math.max(1, top - bottom))).map((log) => (
            <text key={`y${log}`} x={LEFT - 6} y={y(log) + 4} text-anchor="end">
              {powerOfTen(log)}
            </text>
          ))}
          <text x={WIDTH} y={HEIGHT - 3} text-anchor="end">
            |reference| → · error ↑ · dashed: relative error 1 and one ULP
          </text>
        </svg>
      }
      table={() => (
        <DataTable
          caption="Elements by error and magnitude, the largest errors first"
          head={["error", "|reference|", "elements"]}
          rows={sorted
            .slice(0, MOST_ROWS)
            .map(({ row, column, count }) => [range(error, row), range(magnitude, column), formatInteger(count)])}
          cut={Math.max(0, sorted.length - MOST_ROWS)}
        />
      )}
    />
  );
}

/** Whole decades inside the range, not nearer than `apart` decades. The ends are left to the frame. */
function ticks(low: number, high: number, apart: number): number[] {
  const step = Math.max(1, Math.ceil(apart));
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((high - first) / step) + 1) }, (_, at) => first + at * step);
}

function writeLog(log: number): string {
  return Number.isInteger(log) ? powerOfTen(log) : (10 ** log).toExponential(1);
}
