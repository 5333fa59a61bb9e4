import { useEffect, useMemo, useRef } from "preact/hooks";
import { VERDICT_SIGNS, VERDICT_WORDS } from "../../describe-pair.js";
import { formatError } from "../../format-number.js";
import { headline } from "../../pair-error.js";
import type { CheckResult } from "../../types.js";
import { createErrorAxis, type Rung, toRung } from "./error-axis.js";
import { LadderLegend } from "./ladder-legend.js";
import { LadderMarks, RUNG_HEIGHT } from "./ladder-marks.js";
import { Section } from "./section.js";
import { useWidth } from "./use-width.js";

interface LadderProps {
  readonly result: CheckResult;
  readonly onShow: (id: string) => void;
}

/** Rungs that are left above the first divergence when the ladder opens on it. */
const RUNGS_ABOVE = 5;

/** Every layer in execution order on a logarithmic axis of errors. A rung opens its pair in the table. */
export function Ladder({ result, onShow }: LadderProps) {
  const scroller = useRef<HTMLElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const width = useWidth(plot, 600);
  const rungs = useMemo(() => result.pairs.map(toRung), [result]);
  const axis = useMemo(() => createErrorAxis(rungs, width), [rungs, width]);
  const first = result.pairs.findIndex((pair) => pair.id === result.firstDivergence);

  const jump = () => {
    if (first >= 0) scroller.current?.scrollTo({ top: (first - RUNGS_ABOVE) * RUNG_HEIGHT });
  };
  useEffect(jump, [first]);

  if (rungs.length === 0) return null;
  const explicit = result.pairs.some((pair) => pair.tolerance.rule === "explicit");
  return (
    <Section
      id="ladder"
      title="Ladder of layers"
      aside="rms of the error in units of the tensor's own rms, in execution order"
    >
      <LadderLegend explicit={explicit} />
      {first < 0 ? null : (
        <button type="button" class="jump" onClick={jump}>
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
              <RungButton key={rung.pair.id} rung={rung} first={at === first} onShow={onShow} />
            ))}
          </ol>
        </div>
      </section>
    </Section>
  );
}

interface RungButtonProps {
  readonly rung: Rung;
  readonly first: boolean;
  readonly onShow: (id: string) => void;
}

function RungButton({ rung, first, onShow }: RungButtonProps) {
  const { pair } = rung;
  const wrong = pair.verdict === "mismatch";
  return (
    <li>
      <button
        type="button"
        class={`rung${first ? " first" : ""}`}
        onClick={() => onShow(pair.id)}
        title={`${pair.id}: ${describeRung(rung)}`}
        aria-label={`${pair.id}, ${VERDICT_WORDS[pair.verdict]}, ${describeRung(rung)}`}
      >
        <span class="rung-name">
          <span class={`sign ${wrong ? "bad" : "quiet"}`}>{VERDICT_SIGNS[pair.verdict]}</span> <bdi>{pair.id}</bdi>
        </span>
        <span />
        <span class={`rung-ratio ${wrong ? "bad" : "quiet"}`}>{headline(pair)}</span>
      </button>
    </li>
  );
}

function describeRung(rung: Rung): string {
  const local = rung.local === null ? "no local error" : `local ${formatError(rung.local)}`;
  const accumulated = rung.accumulated === null ? "not compared" : `accumulated ${formatError(rung.accumulated)}`;
  return `${local}, ${accumulated}, ${headline(rung.pair)}`;
}
