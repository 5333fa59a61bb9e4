import { useEffect, useMemo, useRef } from "preact/hooks";
import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatError } from "../../../format-number.js";
import { headline } from "../../../pair-error.js";
import type { CheckResult } from "../../../types.js";
import { formatRoute, type Route } from "../route/route.js";
import { useWidth } from "../use-width.js";
import { createErrorAxis, type Rung, toRung } from "./error-axis.js";
import { LadderLegend } from "./ladder-legend.js";
import { LadderMarks, RUNG_HEIGHT } from "./ladder-marks.js";
import type { PlacedPair } from "./sort-pairs.js";

interface LadderProps {
  readonly result: CheckResult;
  /** The pairs that pass the search, in execution order. */
  readonly shown: readonly PlacedPair[];
  readonly route: Route;
}

/** Rungs that are left above the first divergence when the ladder opens on it. */
const RUNGS_ABOVE = 5;

/** Every layer in execution order on a logarithmic axis of errors. A rung leads to the page of its layer. */
export function Ladder({ result, shown, route }: LadderProps) {
  const scroller = useRef<HTMLElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const width = useWidth(plot, 600);
  const rungs = useMemo(() => shown.map(({ pair }) => toRung(pair)), [shown]);
  const axis = useMemo(() => createErrorAxis(rungs, width), [rungs, width]);
  const first = shown.findIndex(({ pair }) => pair.id === result.firstDivergence);

  const jump = () => {
    if (first >= 0) scroller.current?.scrollTo({ top: (first - RUNGS_ABOVE) * RUNG_HEIGHT });
  };
  useEffect(jump, [first]);

  const explicit = result.pairs.some((pair) => pair.tolerance.rule === "explicit");
  return (
    <>
      <LadderLegend explicit={explicit} />
      {first < 0 ? null : (
        <button type="button" class="plain jump" onClick={jump}>
          To the first divergence
        </button>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="ladder" ref={scroller} tabIndex={0} aria-label="Rungs of the ladder">
        <div class="ladder-axis">
          <span />
          <div ref={plot}>
            <svg width={width} height={24} aria-hidden="true">
              {axis.ticks.map((tick) => (
                <text key={tick.label} x={tick.x} y={16} text-anchor="middle">
                  {tick.label}
                </text>
              ))}
            </svg>
          </div>
          <span />
        </div>
        <div class="ladder-body">
          <LadderMarks rungs={rungs} axis={axis} width={width} />
          <ol>
            {rungs.map((rung, at) => (
              <RungLink key={rung.pair.id} rung={rung} first={at === first} route={route} />
            ))}
          </ol>
        </div>
      </section>
    </>
  );
}

interface RungLinkProps {
  readonly rung: Rung;
  readonly first: boolean;
  readonly route: Route;
}

function RungLink({ rung, first, route }: RungLinkProps) {
  const { pair } = rung;
  const wrong = pair.verdict === "mismatch";
  return (
    <li>
      <a
        class={`rung${first ? " first" : ""}`}
        href={formatRoute({ ...route, layer: pair.id })}
        data-pair={pair.id}
        data-wrong={wrong ? "" : undefined}
        title={`${pair.id}: ${describeRung(rung)}`}
      >
        <span class="rung-name">
          <span class={`sign ${wrong ? "bad" : "quiet"}`}>{VERDICT_SIGNS[pair.verdict]}</span> <bdi>{pair.id}</bdi>
          <span class="hidden">
            , {VERDICT_WORDS[pair.verdict]}, {describeRung(rung)}
          </span>
        </span>
        <span />
        <span class={`rung-ratio ${wrong ? "bad" : "quiet"}`}>{headline(pair)}</span>
      </a>
    </li>
  );
}

function describeRung(rung: Rung): string {
  const local = rung.local === null ? "no local error" : `local ${formatError(rung.local)}`;
  const accumulated = rung.accumulated === null ? "not compared" : `accumulated ${formatError(rung.accumulated)}`;
  return `${local}, ${accumulated}, ${headline(rung.pair)}`;
}
