import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { CheckResult } from "../../../types.js";
import { Layers } from "../ladder/layers.js";
import type { PlacedPair } from "../ladder/sort-pairs.js";
import { memo } from "../memo.js";
import type { Route } from "../route/route.js";
import type { Navigate } from "../route/use-route.js";
import type { TreeNode } from "../tree/types.js";
import { Cases } from "./cases.js";
import { Coverage } from "./coverage.js";
import { Divergence } from "./divergence.js";
import { Environment } from "./environment.js";
import { Findings } from "./findings.js";
import { GatePanel } from "./gate.js";
import { ModelStrip } from "./model-strip.js";
import { UnmatchedTaps } from "./unmatched-taps.js";
import { VerdictHeader } from "./verdict-header.js";
import { WeightTable } from "./weight-table.js";

interface OverviewProps {
  readonly result: CheckResult;
  readonly shown: readonly PlacedPair[];
  readonly tree: TreeNode | null;
  readonly route: Route;
  readonly navigate: Navigate;
}

/**
 * The overview, in the order in which a reader asks: what, where, why, how sure, everything else. It stays in the page,
 * hidden, while a layer is shown: coming back costs nothing and finds it as it was left.
 */
export function Overview({ result, shown, tree, route, navigate }: OverviewProps) {
  const hidden = route.layer !== null;
  useKeptScroll(hidden);
  useSection(hidden ? null : route.section);
  // Turning a picture on a layer's page must not draw a thousand rungs anew that nobody sees.
  const seen = useRef(route);
  if (!hidden) seen.current = route;
  return (
    <div hidden={hidden}>
      <Answer result={result} />
      <KeptLayers result={result} shown={shown} tree={tree} route={seen.current} navigate={navigate} />
      <Ledgers result={result} />
    </div>
  );
}

const KeptLayers = memo(Layers);

/** What does not change while one searches is not drawn again. */
const Answer = memo(function Answer({ result }: { readonly result: CheckResult }) {
  return (
    <>
      <VerdictHeader result={result} />
      <ModelStrip result={result} />
      <Divergence result={result} />
      <Findings result={result} />
      <GatePanel result={result} />
      <Coverage result={result} />
    </>
  );
});

const Ledgers = memo(function Ledgers({ result }: { readonly result: CheckResult }) {
  return (
    <>
      <WeightTable weights={result.weights} />
      <UnmatchedTaps unmatched={result.unmatched} />
      <Cases cases={result.cases} />
      <Environment result={result} />
    </>
  );
});

/** Brings the window back to where it was when the overview was left. */
function useKeptScroll(hidden: boolean): void {
  const kept = useRef(0);
  const before = useRef(hidden);
  // While rendering, before the page of the layer makes the window scroll.
  if (hidden && !before.current) kept.current = window.scrollY;
  useLayoutEffect(() => {
    if (!hidden && before.current) window.scrollTo({ top: kept.current, behavior: "instant" });
    before.current = hidden;
  }, [hidden]);
}

/** Frames to wait for a part that is still being drawn. */
const PATIENCE = 120;

/** Brings a part that the address names into the window, and gives it the keyboard. */
function useSection(section: string | null): void {
  useEffect(() => {
    if (section === null) return;
    let left = PATIENCE;
    const look = () => {
      const part = document.getElementById(section);
      if (part === null) {
        if (left-- > 0) frame = requestAnimationFrame(look);
        return;
      }
      for (let fold = part.closest("details"); fold !== null; fold = fold.parentElement?.closest("details") ?? null) {
        fold.open = true;
      }
      part.scrollIntoView({ block: "start" });
      if (part.tabIndex < 0) part.tabIndex = -1;
      part.focus({ preventScroll: true });
    };
    let frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [section]);
}
