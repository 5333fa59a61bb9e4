import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatRoute, type Route } from "../route/route.js";
import { countOf, nameOf, worstOf } from "./describe-item.js";
import { FoldButton } from "./fold-button.js";
import { isBlock, listRows, openAll, openFaults, type TreeRow } from "./list-rows.js";
import type { TreeNode } from "./types.js";
import { useFolding } from "./use-folding.js";

interface ModelTreeProps {
  readonly tree: TreeNode | null;
  readonly route: Route;
  readonly narrowed: boolean;
}

/** The port's modules. Parents have the sign of their worst child; blocks that repeat and are well are one row. */
export function ModelTree({ tree, route, narrowed }: ModelTreeProps) {
  const { folded, fold } = useFolding();
  if (tree === null) return <p class="empty">No layer passes the search.</p>;
  const rows = listRows(tree.children, folded, narrowed ? openAll : openFaults);
  return (
    <ul class="tree">
      {rows.map((row) => (
        <Row key={row.item.path} row={row} route={route} onFold={(open) => fold(row.item.path, open)} />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly row: TreeRow;
  readonly route: Route;
  readonly onFold: (open: boolean) => void;
}

function Row({ row, route, onFold }: RowProps) {
  const { item, depth, open } = row;
  const worst = worstOf(item);
  const own = isBlock(item) ? null : item.own;
  const name = nameOf(item);
  const tone = worst === "mismatch" ? "bad" : worst === "not-compared" ? "unsure" : "quiet";
  const here = own !== null && own.pair.id === route.layer;
  return (
    <li class={here ? "here" : ""} style={{ paddingLeft: `${depth * 0.9}rem` }}>
      <FoldButton name={name} open={open} onFold={onFold} />
      <span class={`sign ${tone}`} aria-hidden="true">
        {worst === null ? "" : VERDICT_SIGNS[worst]}
      </span>
      {own === null ? (
        <span class="name" title={item.path}>
          <bdi>{name}</bdi>
        </span>
      ) : (
        <a
          class="name"
          href={formatRoute({ ...route, layer: own.pair.id, section: null, plane: 0 })}
          title={own.pair.id}
          aria-current={here ? "page" : undefined}
        >
          <bdi>{name}</bdi>
        </a>
      )}
      <span class="hidden">{worst === null ? "" : `, ${VERDICT_WORDS[worst]}`}</span>
      <span class={`count ${tone}`}>{countOf(item)}</span>
    </li>
  );
}
