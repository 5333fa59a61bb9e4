import { memo } from "../memo.js";
import type { ErrorAxis, Rung } from "./error-axis.js";

export const RUNG_HEIGHT = 22;

interface LadderMarksProps {
  readonly rungs: readonly Rung[];
  readonly axis: ErrorAxis;
  readonly width: number;
}

/** Rungs per drawing. One drawing of a thousand rungs would be painted whole to show thirty of them. */
const PART = 50;

/** Everything drawn behind the rungs: grid, the zone that is allowed, noise floors, both errors and their courses. */
export const LadderMarks = memo(function LadderMarks({ rungs, axis, width }: LadderMarksProps) {
  const starts = Array.from({ length: Math.ceil(rungs.length / PART) }, (_, part) => part * PART);
  return (
    <div class="marks" style={{ width: `${width}px` }} aria-hidden="true">
      {starts.map((start) => (
        <MarksPart key={start} rungs={rungs} axis={axis} width={width} start={start} />
      ))}
    </div>
  );
});

/** One drawing. It has its neighbours' next rungs too, outside its own view, so that courses run on into them. */
function MarksPart({ rungs: all, axis, width, start }: LadderMarksProps & { readonly start: number }) {
  const before = start === 0 ? 0 : 1;
  const rungs = all.slice(start - before, start + PART + 1);
  const height = Math.min(PART, all.length - start) * RUNG_HEIGHT;
  const style = { height: `${height}px`, containIntrinsicHeight: `${height}px` };
  return (
    <div class="marks-part" style={style}>
      <svg aria-hidden="true" width={width} height={height} viewBox={`0 ${before * RUNG_HEIGHT} ${width} ${height}`}>
        {axis.ticks.map((tick) => (
          <line key={tick.label} class="grid" x1={tick.x} x2={tick.x} y1={0} y2={height + RUNG_HEIGHT} />
        ))}
        <path class="zone" d={zonePath(rungs, axis)} />
        <path class="limit" d={edgePath(rungs, axis, (rung) => rung.limit)} />
        <path class="floor" d={edgePath(rungs, axis, (rung) => rung.floor)} />
        <path class="course accumulated" d={coursePath(rungs, axis, (rung) => rung.accumulated)} />
        <path class="course local" d={coursePath(rungs, axis, (rung) => rung.local)} />
        {rungs.map((rung, at) => (
          <RungMarks key={at} rung={rung} axis={axis} y={middle(at)} />
        ))}
      </svg>
    </div>
  );
}

function RungMarks({ rung, axis, y }: { readonly rung: Rung; readonly axis: ErrorAxis; readonly y: number }) {
  const { local, accumulated } = rung;
  const wrong = rung.pair.verdict === "mismatch";
  return (
    <>
      {accumulated === null ? null : (
        <AccumulatedMark x={axis.place(accumulated)} y={y} wrong={wrong && local === null} />
      )}
      {local === null ? null : <LocalMark x={axis.place(local)} y={y} wrong={wrong} />}
    </>
  );
}

interface MarkProps {
  readonly x: number;
  readonly y: number;
  readonly wrong: boolean;
}

/** A disc; a cross when the layer itself is wrong. */
export function LocalMark({ x, y, wrong }: MarkProps) {
  if (wrong) return <path class="mark wrong" d={`M${x - 5} ${y - 5}l10 10m0 -10l-10 10`} />;
  return <circle class="mark local" cx={x} cy={y} r={4} />;
}

/** A hollow diamond. */
export function AccumulatedMark({ x, y, wrong }: MarkProps) {
  return <path class={`mark accumulated${wrong ? " wrong" : ""}`} d={`M${x} ${y - 5}l5 5l-5 5l-5 -5z`} />;
}

function middle(at: number): number {
  return at * RUNG_HEIGHT + RUNG_HEIGHT / 2;
}

/** The zone from the left edge to each rung's limit. */
function zonePath(rungs: readonly Rung[], axis: ErrorAxis): string {
  return rungs
    .map(({ limit }, at) => {
      if (limit === null) return "";
      return `M0 ${at * RUNG_HEIGHT}H${axis.place(limit).toFixed(1)}v${RUNG_HEIGHT}H0z`;
    })
    .join("");
}

/** A vertical stroke per rung at the given figure. */
function edgePath(rungs: readonly Rung[], axis: ErrorAxis, of: (rung: Rung) => number | null): string {
  return rungs
    .map((rung, at) => {
      const value = of(rung);
      return value === null ? "" : `M${axis.place(value).toFixed(1)} ${at * RUNG_HEIGHT}v${RUNG_HEIGHT}`;
    })
    .join("");
}

/** A line from rung to rung, broken where there is no figure. */
function coursePath(rungs: readonly Rung[], axis: ErrorAxis, of: (rung: Rung) => number | null): string {
  let drawing = false;
  return rungs
    .map((rung, at) => {
      const value = of(rung);
      if (value === null) {
        drawing = false;
        return "";
      }
      const command = drawing ? "L" : "M";
      drawing = true;
      return `${command}${axis.place(value).toFixed(1)} ${middle(at)}`;
    })
    .join("");
}
