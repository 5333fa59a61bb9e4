import { useCallback, useState } from "preact/hooks";
import type { CheckResult } from "../../types.js";
import { Cases } from "./cases.js";
import { Coverage } from "./coverage.js";
import { Divergence } from "./divergence.js";
import { Environment } from "./environment.js";
import { EVERYTHING, type PairFilter, passesFilter } from "./filter-pairs.js";
import { Findings } from "./findings.js";
import { Ladder } from "./ladder.js";
import { PairTable } from "./pair-table.js";
import { ThemeButton } from "./theme-button.js";
import { UnmatchedTaps } from "./unmatched-taps.js";
import { VerdictHeader } from "./verdict-header.js";
import { WeightTable } from "./weight-table.js";

/** The whole page, in the order in which a reader asks: what, where, why, how sure, everything else. */
export function App({ result }: { readonly result: CheckResult }) {
  const [filter, setFilter] = useState<PairFilter>(EVERYTHING);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());

  const toggle = useCallback((id: string) => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);

  const show = useCallback(
    (id: string) => {
      const at = result.pairs.findIndex((pair) => pair.id === id);
      const pair = result.pairs[at];
      if (pair === undefined) return;
      setOpen((before) => new Set(before).add(id));
      // A row that the filter hides cannot be shown.
      setFilter((before) => (passesFilter(pair, before) ? before : EVERYTHING));
      focusRow(at);
    },
    [result],
  );

  return (
    <>
      <header class="top">
        <p class="models">
          <strong>{result.name}</strong>
          <span class="side">reference</span> <code>{result.models.reference}</code>
          <span class="side">candidate</span> <code>{result.models.candidate}</code>
        </p>
        <ThemeButton />
      </header>
      <main>
        <VerdictHeader result={result} />
        <Divergence result={result} onShow={show} />
        <Findings result={result} onShow={show} />
        <Coverage result={result} />
        <Ladder result={result} onShow={show} />
        <PairTable result={result} filter={filter} onFilter={setFilter} open={open} onToggle={toggle} />
        <WeightTable weights={result.weights} />
        <UnmatchedTaps unmatched={result.unmatched} />
        <Cases cases={result.cases} />
        <Environment result={result} />
      </main>
    </>
  );
}

/** Frames to wait for a row: a long table is drawn in steps. */
const PATIENCE = 300;

/** Brings the pair's row to the upper part of the window, once it is drawn, and gives it the keyboard. */
function focusRow(at: number, patience = PATIENCE): void {
  const button = document.getElementById(`pair-${at}`);
  if (button?.getAttribute("aria-expanded") !== "true") {
    if (patience > 0) requestAnimationFrame(() => focusRow(at, patience - 1));
    return;
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollTo({
    top: button.getBoundingClientRect().top + window.scrollY - window.innerHeight / 4,
    behavior: still ? "instant" : "smooth",
  });
  button.focus({ preventScroll: true });
}
