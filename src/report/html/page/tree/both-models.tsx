import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatRoute, type Route } from "../route/route.js";
import { ScrollBox } from "../scroll-box.js";
import { useGrowing } from "../use-growing.js";
import { nameOf, worstOf } from "./describe-item.js";
import { FoldButton } from "./fold-button.js";
import { isBlock, listRows, openAll, openFaults, type TreeRow } from "./list-rows.js";
import type { TreeNode } from "./types.js";
import { useFolding } from "./use-folding.js";

interface BothModelsProps {
  readonly tree: TreeNode;
  readonly route: Route;
  readonly narrowed: boolean;
}

/** The two models side by side: each module beside its scope, taps without a partner in their place. */
export function BothModels({ tree, route, narrowed }: BothModelsProps) {
  const { folded, fold } = useFolding();
  const rows = listRows(tree.children, folded, narrowed ? openAll : openFaults);
  const drawn = useGrowing(rows.length);
  return (
    <ScrollBox label="Both models">
      <table class="both">
        <caption class="hidden">Modules of the port beside scopes of the original</caption>
        <thead>
          <tr>
            <th scope="col">Port (candidate)</th>
            <th scope="col">Class</th>
            <th scope="col">Verdict</th>
            <th scope="col">Original (reference)</th>
            <th scope="col">Matched by</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, drawn).map((row) => (
            <Row key={row.item.path} row={row} route={route} onFold={(open) => fold(row.item.path, open)} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

interface RowProps {
  readonly row: TreeRow;
  readonly route: Route;
  readonly onFold: (open: boolean) => void;
}

function Row({ row, route, onFold }: RowProps) {
  const { item, depth, open } = row;
  const indent = { paddingLeft: `${0.9 + depth * 1.1}rem` };
  const worst = worstOf(item);
  const node = isBlock(item) ? null : item;
  const pair = node?.own?.pair ?? null;
  const alone = node?.alone ?? null;
  const name = nameOf(item);
  return (
    <tr class={alone === null ? "" : "alone"}>
      <th scope="row" style={indent}>
        <FoldButton name={name} open={open} onFold={onFold} />
        {alone?.side === "reference" ? (
          <span class="quiet">–</span>
        ) : pair === null ? (
          <code>{name}</code>
        ) : (
          <a href={formatRoute({ ...route, layer: pair.id })}>
            <code>{name}</code>
          </a>
        )}
        <span class="hidden">, level {depth + 1}</span>
      </th>
      <td class="quiet">{isBlock(item) ? `${item.nodes.length} blocks` : (pair?.candidate.type ?? "")}</td>
      <td class={worst === "mismatch" ? "bad" : "quiet"}>
        {alone !== null
          ? `no partner${alone.isOutput ? ", an output" : ""}`
          : worst === null
            ? ""
            : `${VERDICT_SIGNS[worst]} ${pair === null && !isBlock(item) ? "" : VERDICT_WORDS[worst]}`}
      </td>
      <td style={indent}>
        <Original row={row} />
      </td>
      <td class="quiet">{alone !== null ? alone.why : pair === null ? "" : matched(pair)}</td>
    </tr>
  );
}

function Original({ row }: { readonly row: TreeRow }) {
  const { item } = row;
  if (isBlock(item)) {
    const [first, last] = [item.nodes[0]?.reference, item.nodes.at(-1)?.reference];
    return first === undefined || first === null ? null : <code>{`${first} … ${lastPart(last ?? "")}`}</code>;
  }
  if (item.reference === null || item.alone?.side === "candidate") return <span class="quiet">–</span>;
  return <code>{item.reference}</code>;
}

function lastPart(scope: string): string {
  return scope.slice(scope.lastIndexOf("/") + 1);
}

function matched(pair: NonNullable<TreeNode["own"]>["pair"]): string {
  return `${pair.matchedBy}, ${Number(pair.confidence.toPrecision(2))}`;
}
