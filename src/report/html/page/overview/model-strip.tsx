import { useMemo, useRef } from "preact/hooks";
import { accumulatedError, localError } from "../../../pair-error.js";
import type { CheckResult, PairResult } from "../../../types.js";
import { formatRoute } from "../route/route.js";
import { useWidth } from "../use-width.js";

interface ModelStripProps {
  readonly result: CheckResult;
}

const HEIGHT = 34;
/** Errors at and below this are flat, at and above the other full: what float32 keeps, and nothing left of the tensor. */
const LOW = -8;
const HIGH = 0.5;

/**
 * The whole model in one line, beginning at the left: a bar for each pair, as high as its error is large on a logarithmic
 * scale, the wrong ones in colour down to the base. It says at a glance where the model departs; the ladder says it for
 * those who do not see it.
 */
export function ModelStrip({ result }: ModelStripProps) {
  const room = useRef<HTMLDivElement>(null);
  const width = useWidth(room, 800);
  const { pairs } = result;
  const each = width / Math.max(1, pairs.length);
  const bars = useMemo(() => {
    const bar = Math.max(0.75, Math.min(each - 1, each * 0.8));
    const draw = (wanted: (pair: PairResult) => boolean, of: (pair: PairResult) => number | null) =>
      pairs
        .map((pair, at) => {
          const height = wanted(pair) ? heightOf(of(pair)) : 0;
          return height === 0 ? "" : `M${(at * each).toFixed(2)} ${HEIGHT}v${-height}h${bar.toFixed(2)}V${HEIGHT}z`;
        })
        .join("");
    return {
      accumulated: draw(() => true, accumulatedError),
      local: draw((pair) => pair.verdict !== "mismatch", localError),
      wrong: draw(
        (pair) => pair.verdict === "mismatch",
        (pair) => localError(pair) ?? accumulatedError(pair),
      ),
    };
  }, [pairs, each]);
  if (pairs.length < 2) return null;
  const first = pairs.findIndex((pair) => pair.id === result.firstDivergence);
  const open = (event: MouseEvent & { readonly currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const pair = pairs[Math.min(pairs.length - 1, Math.floor((event.clientX - box.left) / each))];
    if (pair !== undefined) location.hash = formatRoute({ layer: pair.id });
  };
  return (
    <div class="strip" ref={room} aria-hidden="true">
      <svg width={width} height={HEIGHT + 12} onClick={open} aria-hidden="true">
        <path class="strip-accumulated" d={bars.accumulated} />
        <path class="strip-local" d={bars.local} />
        <path class="strip-wrong" d={bars.wrong} />
        <path class="axis" d={`M0 ${HEIGHT}H${width}`} />
        {first < 0 ? null : (
          <path class="strip-first" d={`M${((first + 0.4) * each).toFixed(1)} ${HEIGHT + 2}l-4 8h8z`} />
        )}
      </svg>
    </div>
  );
}

function heightOf(error: number | null): number {
  if (error === null || error === 0) return 0;
  const share = Number.isFinite(error) ? (Math.log10(error) - LOW) / (HIGH - LOW) : 1;
  return Math.round(Math.min(1, Math.max(0.08, share)) * HEIGHT);
}
