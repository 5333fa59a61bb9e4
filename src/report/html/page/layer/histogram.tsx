import type { SharedHistogram } from "../../../details.js";
import { formatInteger, formatValue } from "../../../format-number.js";
import { ChartFrame } from "../chart/chart-frame.js";
import { DataTable } from "../chart/data-table.js";

const WIDTH = 420;
const HEIGHT = 150;
const FLOOR = HEIGHT - 20;

/** Values of both sides over the same bins; counts run logarithmically, so that tails are seen. */
export function Histogram({ histogram }: { readonly histogram: SharedHistogram }) {
  const { edges, reference, candidate } = histogram;
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 1;
  const span = high > low ? high - low : 1;
  const most = [...reference, ...candidate].reduce((max, count) => Math.max(max, count), 1);
  const x = (edge: number) => ((edge - low) / span) * WIDTH;
  const y = (count: number) => FLOOR - (Math.log1p(count) / Math.log1p(most)) * (FLOOR - 6);
  const steps = (counts: readonly number[]) =>
    counts
      .map((count, at) => `V${y(count).toFixed(1)}H${(edges.length > 1 ? x(edges[at + 1] ?? high) : WIDTH).toFixed(1)}`)
      .join("");
  return (
    <ChartFrame
      title="Values"
      note="elements per bin, logarithmic"
      chart={
        <>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Histogram of the values of both sides">
            <path class="area reference" d={`M0 ${FLOOR}${steps(reference)}V${FLOOR}z`} />
            <path class="line candidate" d={`M0 ${FLOOR}${steps(candidate)}V${FLOOR}`} />
            <path class="axis" d={`M0 ${FLOOR}H${WIDTH}`} />
            {low < 0 && high > 0 ? <path class="axis" d={`M${x(0)} ${FLOOR}v4`} /> : null}
            <text x={0} y={HEIGHT - 4}>
              {formatValue(low)}
            </text>
            {low < 0 && high > 0 ? (
              <text x={x(0)} y={HEIGHT - 4} text-anchor="middle">
                0
              </text>
            ) : null}
            <text x={WIDTH} y={HEIGHT - 4} text-anchor="end">
              {formatValue(high)}
            </text>
          </svg>
          <p class="keys small quiet">
            <span class="key">
              <span class="swatch reference" /> reference
            </span>
            <span class="key">
              <span class="swatch candidate" /> candidate
            </span>
          </p>
        </>
      }
      table={() => (
        <DataTable
          caption="Elements per bin of values"
          head={["values", "reference", "candidate"]}
          rows={reference.map((count, at) => [
            `${formatValue(edges[at] ?? low)} to ${formatValue(edges[at + 1] ?? high)}`,
            formatInteger(count),
            formatInteger(candidate[at] ?? 0),
          ])}
        />
      )}
    />
  );
}
