import type { CheckResult } from "../../../types.js";
import { Choice } from "../choice.js";
import { LAYER_VIEWS, type LayerView, type Route } from "../route/route.js";
import type { Navigate } from "../route/use-route.js";
import { Section } from "../section.js";
import { BothModels } from "../tree/both-models.js";
import type { TreeNode } from "../tree/types.js";
import { Ladder } from "./ladder.js";
import { PairTable } from "./pair-table.js";
import type { PlacedPair } from "./sort-pairs.js";
import { VerdictChips } from "./verdict-chips.js";

interface LayersProps {
  readonly result: CheckResult;
  readonly shown: readonly PlacedPair[];
  /** The model, narrowed like `shown`; null when nothing passes. */
  readonly tree: TreeNode | null;
  readonly route: Route;
  readonly navigate: Navigate;
}

const NAMES: Readonly<Record<LayerView, string>> = { ladder: "ladder", table: "table", models: "both models" };

const ASIDES: Readonly<Record<LayerView, string>> = {
  ladder: "rms of the error in units of the tensor's own rms, in execution order",
  table: "rms of the error in units of the tensor's own rms",
  models: "the port's modules and what they correspond to in the original",
};

/** All layers, narrowed by the search: on the ladder, in a table, or as the two models side by side. */
export function Layers({ result, shown, tree, route, navigate }: LayersProps) {
  if (result.pairs.length === 0) return null;
  const { show, query } = route;
  return (
    <Section id="layers" title="Layers" aside={ASIDES[show]}>
      <div class="bar">
        <Choice
          label="Layers as"
          options={LAYER_VIEWS}
          names={NAMES}
          chosen={show}
          onChoose={(view) => navigate({ show: view })}
        />
        <VerdictChips counts={result.summary.pairs} query={query} onQuery={(text) => navigate({ query: text })} />
      </div>
      {shown.length === 0 && (tree === null || show !== "models") ? (
        <p class="empty">
          No layer passes the search.{" "}
          <button type="button" class="plain" onClick={() => navigate({ query: "" })}>
            Show all
          </button>
        </p>
      ) : (
        <>
          {show === "ladder" ? <Ladder result={result} shown={shown} route={route} /> : null}
          {show === "table" ? <PairTable result={result} shown={shown} route={route} /> : null}
          {show === "models" && tree !== null ? <BothModels tree={tree} route={route} narrowed={query !== ""} /> : null}
        </>
      )}
    </Section>
  );
}
