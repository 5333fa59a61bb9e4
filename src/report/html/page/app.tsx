import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CheckResult } from "../../types.js";
import { HelpDialog } from "./keys/help-dialog.js";
import type { Action } from "./keys/shortcuts.js";
import { stepFrom } from "./keys/step.js";
import { useKeys } from "./keys/use-keys.js";
import { LayerPage } from "./layer/layer-page.js";
import { Overview } from "./overview/overview.js";
import { parseQuery, passes } from "./route/query.js";
import { useRoute } from "./route/use-route.js";
import { SearchBox } from "./search-box.js";
import { TopBar } from "./top-bar.js";
import { buildTree } from "./tree/build-tree.js";
import { ModelTree } from "./tree/model-tree.js";
import { narrowTree } from "./tree/narrow-tree.js";

/** The whole page: the bar at the top, the model's tree, and the overview or one layer. */
export function App({ result }: { readonly result: CheckResult }) {
  const { route, navigate } = useRoute();
  const [help, setHelp] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const { query } = route;

  const shown = useMemo(() => {
    const terms = parseQuery(query);
    const placed = result.pairs.map((pair, at) => ({ pair, at }));
    return placed.filter(({ pair }) => passes(pair, terms, result.firstDivergence));
  }, [result, query]);
  const tree = useMemo(() => buildTree(result), [result]);
  const narrowed = useMemo(() => {
    if (query === "") return tree;
    const ids = new Set(shown.map(({ pair }) => pair.id));
    return narrowTree(tree, (node) => node.own !== null && ids.has(node.own.pair.id));
  }, [tree, shown, query]);
  const modules = useMemo(() => {
    return narrowed === null ? null : narrowTree(narrowed, (node) => node.alone?.side !== "reference");
  }, [narrowed]);

  useEffect(() => {
    document.title = route.layer === null ? `${result.name}: ${result.verdict}` : `${route.layer} – ${result.name}`;
  }, [route.layer]);

  const show = (id: string) => navigate({ layer: id, section: null, plane: 0 }, "step");
  const step = (by: 1 | -1, wrongOnly: boolean) => {
    const from = route.layer ?? focusedPair();
    const pairs = shown.map(({ pair }) => pair);
    const found = stepFrom(pairs, from, by, (pair) => !wrongOnly || pair.verdict === "mismatch");
    if (found === null) return;
    if (route.layer === null && focusPair(found.id)) return;
    show(found.id);
  };
  const act = (action: Action) => {
    switch (action) {
      case "next":
        return step(1, false);
      case "previous":
        return step(-1, false);
      case "next-mismatch":
        return step(1, true);
      case "previous-mismatch":
        return step(-1, true);
      case "next-plane":
        return navigate({ plane: route.plane + 1 });
      case "previous-plane":
        return navigate({ plane: Math.max(0, route.plane - 1) });
      case "search":
        return box.current?.focus();
      case "help":
        return setHelp(true);
      case "escape":
        if (help) return setHelp(false);
        if (document.activeElement === box.current || query !== "") {
          navigate({ query: "" });
          return box.current?.blur();
        }
        if (route.layer !== null) navigate({ layer: null }, "step");
    }
  };
  useKeys(act);

  return (
    <>
      <TopBar result={result} onHelp={() => setHelp(true)}>
        <SearchBox
          query={query}
          shown={shown.length}
          total={result.pairs.length}
          box={box}
          onQuery={(text) => navigate({ query: text })}
          onEnter={() => {
            const [first] = shown;
            box.current?.blur();
            if (first !== undefined) show(first.pair.id);
          }}
        />
      </TopBar>
      <div class="frame">
        <main>
          <Overview result={result} shown={shown} tree={narrowed} route={route} navigate={navigate} />
          {route.layer === null ? null : <LayerPage result={result} route={route} navigate={navigate} />}
        </main>
        {result.pairs.length === 0 ? null : (
          <nav class="side-tree" aria-label="Model">
            <ModelTree tree={modules} route={route} narrowed={query !== ""} />
          </nav>
        )}
      </div>
      {help ? <HelpDialog onClose={() => setHelp(false)} /> : null}
    </>
  );
}

/** The pair whose link has the keyboard; null when none has. */
function focusedPair(): string | null {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement ? (activeElement.dataset.pair ?? null) : null;
}

/** Gives the keyboard to the pair's rung or row. False when neither is on the page. */
function focusPair(id: string): boolean {
  const link = [...document.querySelectorAll<HTMLElement>("main [data-pair]")].find((one) => one.dataset.pair === id);
  link?.focus();
  return link !== undefined;
}
