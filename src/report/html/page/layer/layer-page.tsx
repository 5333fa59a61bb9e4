import { useEffect, useRef } from "preact/hooks";
import { orderFindings } from "../../../read-findings.js";
import type { CheckResult } from "../../../types.js";
import { useDetail } from "../data/use-detail.js";
import { formatRoute, type Route } from "../route/route.js";
import type { Navigate } from "../route/use-route.js";
import { LayerBody } from "./layer-body.js";
import { LayerFindings } from "./layer-findings.js";
import { LayerHead } from "./layer-head.js";
import { LayerSteps } from "./layer-steps.js";
import { MetricsTable } from "./metrics-table.js";
import { PairFacts } from "./pair-facts.js";

interface LayerPageProps {
  readonly result: CheckResult;
  readonly route: Route;
  readonly navigate: Navigate;
}

/** Everything about one layer. */
export function LayerPage({ result, route, navigate }: LayerPageProps) {
  const at = result.pairs.findIndex((pair) => pair.id === route.layer);
  const pair = result.pairs[at];
  const detail = useDetail(at);
  const page = useRef<HTMLDivElement>(null);
  // A layer that is come to is read from its name on, by the eye and by a screen reader.
  useEffect(() => {
    window.scrollTo({ top: 0, behavior: "instant" });
    page.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [route.layer]);
  if (pair === undefined) {
    return (
      <div ref={page} class="layer-page">
        <h1 tabIndex={-1}>No such layer</h1>
        <p>
          This report has no pair <code>{route.layer}</code>.{" "}
          <a href={formatRoute({ query: route.query })}>All layers</a>
        </p>
      </div>
    );
  }
  const inherited = pair.verdict !== "mismatch" && pair.local !== null && differsFreely(result, at);
  return (
    <div ref={page} class="layer-page">
      <LayerSteps result={result} at={at} route={route} />
      <LayerHead pair={pair} first={pair.id === result.firstDivergence} inherited={inherited} />
      <LayerFindings findings={orderFindings(result.findings)} pair={pair.id} />
      <LayerBody state={detail} pair={pair} route={route} navigate={navigate}>
        <section class="figures" aria-label="Figures">
          <MetricsTable pair={pair} />
          <PairFacts pair={pair} />
        </section>
      </LayerBody>
    </div>
  );
}

/** Whether a mismatch stands before this pair, so that its free run started from something else. */
function differsFreely(result: CheckResult, at: number): boolean {
  return result.pairs.slice(0, at).some((pair) => pair.verdict === "mismatch");
}
