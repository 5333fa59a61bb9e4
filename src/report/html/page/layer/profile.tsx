import type { AxisProfile } from "../../../../compare/types.js";
import { formatCount, formatError } from "../../../format-number.js";
import { ChartFrame } from "../chart/chart-frame.js";
import { DataTable } from "../chart/data-table.js";
import { logRange } from "../chart/log-range.js";
import { powerOfTen } from "../chart/power-of-ten.js";
import { gatherProfile, type ProfilePoint } from "./profile-points.js";

const WIDTH = 420;
const HEIGHT = 120;
const LEFT = 44;
const FLOOR = HEIGHT - 18;
const MOST_POINTS = 188;
const MOST_ROWS = 20;

/** Where nothing is finite but there is an error all the same, the decades are only a frame for it. */
const BROKEN_RANGE = { low: -8, high: 0 };

interface ProfileProps {
  /** `tile`: slices per entry where a long axis was shortened; the last entry covers what is left. */
  readonly profile: AxisProfile & { readonly tile?: number | undefined };
  readonly name: string;
}

/** The error along one axis: one position, one channel, one head that stands out. */
export function Profile({ profile, name }: ProfileProps) {
  const { size, maxAbs, rms, tile = 1 } = profile;
  const points = gatherProfile(maxAbs, rms, MOST_POINTS);
  const [first] = points;
  const broken = maxAbs.some((value) => !Number.isFinite(value));
  const range = logRange([...maxAbs, ...rms]) ?? (broken ? BROKEN_RANGE : null);
  const worst = maxAbs.map((value, at) => ({ value, at })).sort((a, b) => rank(b.value) - rank(a.value) || a.at - b.at);
  const top = worst[0];
  const each = tile * (first === undefined ? 1 : first.last + 1);
  const gathered = each > 1 ? `, the worst of ${each} each` : "";
  const slices = (at: number) => (tile === 1 ? String(at) : `${at * tile}–${Math.min(size, (at + 1) * tile) - 1}`);
  return (
    <ChartFrame
      title={`By ${name}`}
      note={`largest and rms error at each of ${formatCount(size, "index", "indices")}${gathered}`}
      chart={
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Error by ${name}`}>
          {range === null ? (
            <text x={LEFT} y={HEIGHT / 2}>
              no error anywhere
            </text>
          ) : (
            <>
              <path class="area profile" d={areaPath(points, (point) => point.maxAbs, range)} />
              <path class="line profile" d={linePath(points, (point) => point.rms, range)} />
              {[range.low, range.high].map((log) => (
                <text
                  key={log}
                  x={LEFT - 6}
                  y={place(10 ** log, range) + (log === range.high ? 9 : 0)}
                  text-anchor="end"
                >
                  {powerOfTen(log)}
                </text>
              ))}
              {top === undefined ? null : (
                <path
                  class="pin"
                  d={`M${across(points, points.findIndex((p) => p.last >= top.at) + 0.5)} 0l-4 -0l4 6l4 -6z`}
                />
              )}
            </>
          )}
          <path class="axis" d={`M${LEFT} 0V${FLOOR}H${WIDTH}`} />
          <text x={LEFT} y={HEIGHT - 3}>
            0
          </text>
          <text x={WIDTH} y={HEIGHT - 3} text-anchor="end">
            {size - 1}
          </text>
          {top === undefined || range === null ? null : (
            <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 3} text-anchor="middle">
              ▾ worst: {name} {slices(top.at)}
              {Number.isFinite(top.value) ? "" : ", NaN or ±Inf on one side"}
            </text>
          )}
        </svg>
      }
      table={() => (
        <DataTable
          caption={`Error by ${name}, worst first`}
          head={[name, "largest", "rms"]}
          rows={worst
            .slice(0, MOST_ROWS)
            .map(({ value, at }) => [slices(at), formatError(value), formatError(rms[at] ?? Number.NaN)])}
          cut={Math.max(0, maxAbs.length - MOST_ROWS)}
        />
      )}
    />
  );
}

interface Range {
  readonly low: number;
  readonly high: number;
}

function rank(value: number): number {
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

function across(points: readonly ProfilePoint[], at: number): number {
  return LEFT + (at / Math.max(1, points.length)) * (WIDTH - LEFT);
}

/** Zero stands on the floor, infinity at the top. */
function place(value: number, { low, high }: Range): number {
  if (!(value > 0)) return FLOOR;
  if (value === Number.POSITIVE_INFINITY) return 0;
  // The lowest decade is above the floor, so that it can be told from zero.
  const share = (Math.log10(value) - low + 0.15) / (high - low + 0.15);
  return FLOOR - Math.max(0.02, share) * (FLOOR - 4);
}

function linePath(points: readonly ProfilePoint[], of: (point: ProfilePoint) => number, range: Range): string {
  return points
    .map((point, at) => {
      const y = place(of(point), range).toFixed(1);
      return `${at === 0 ? `M${LEFT} ${y}` : `V${y}`}H${across(points, at + 1).toFixed(1)}`;
    })
    .join("");
}

function areaPath(points: readonly ProfilePoint[], of: (point: ProfilePoint) => number, range: Range): string {
  return `${linePath(points, of, range)}V${FLOOR}H${LEFT}z`;
}
