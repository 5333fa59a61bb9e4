import { useMemo, useState } from "preact/hooks";
import { formatCount } from "../../format-number.js";
import type { CheckResult } from "../../types.js";
import { type PairFilter, passesFilter } from "./filter-pairs.js";
import { PairFilterBar } from "./pair-filter-bar.js";
import { PairRow } from "./pair-row.js";
import { Section } from "./section.js";
import { type Sorting, type SortKey, sortPairs } from "./sort-pairs.js";
import { useGrowing } from "./use-growing.js";

interface PairTableProps {
  readonly result: CheckResult;
  readonly filter: PairFilter;
  readonly onFilter: (filter: PairFilter) => void;
  readonly open: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}

/** Columns; figures begin with the largest, names and order with the first. */
const COLUMNS: readonly { readonly key: SortKey; readonly title: string; readonly figure: boolean }[] = [
  { key: "order", title: "#", figure: false },
  { key: "name", title: "Pair", figure: false },
  { key: "local", title: "Local error", figure: true },
  { key: "accumulated", title: "Accumulated", figure: true },
  { key: "limit", title: "Of its limit", figure: true },
  { key: "verdict", title: "Verdict", figure: false },
];

/** All pairs; each unfolds to everything that is known about it. */
export function PairTable({ result, filter, onFilter, open, onToggle }: PairTableProps) {
  const [sorting, setSorting] = useState<Sorting>({ key: "order", descending: false });
  const shown = useMemo(() => {
    const placed = result.pairs.map((pair, at) => ({ pair, at }));
    return sortPairs(
      placed.filter(({ pair }) => passesFilter(pair, filter)),
      sorting,
    );
  }, [result, filter, sorting]);

  const drawn = useGrowing(shown.length);

  return (
    <Section id="pairs" title="Pairs" aside={formatCount(result.pairs.length, "pair")}>
      <PairFilterBar pairs={result.pairs} shown={shown.length} filter={filter} onFilter={onFilter} />
      <div class="scroll">
        <table class="pair-table">
          <caption class="hidden">Pairs of taps with their errors, as rms in units of the reference's rms</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <SortHeading key={column.key} column={column} sorting={sorting} onSort={setSorting} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, drawn).map(({ pair, at }) => (
              <PairRow
                key={at}
                pair={pair}
                at={at}
                first={pair.id === result.firstDivergence}
                open={open.has(pair.id)}
                onToggle={onToggle}
              />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > 0 ? null : <p class="empty">No pair passes this filter.</p>}
    </Section>
  );
}

interface SortHeadingProps {
  readonly column: (typeof COLUMNS)[number];
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}

function SortHeading({ column, sorting, onSort }: SortHeadingProps) {
  const active = sorting.key === column.key;
  const descending = active ? !sorting.descending : column.figure;
  const direction = sorting.descending ? "descending" : "ascending";
  return (
    <th scope="col" class={column.figure ? "figure" : ""} aria-sort={active ? direction : "none"}>
      <button type="button" onClick={() => onSort({ key: column.key, descending })}>
        {column.title}
        <span aria-hidden="true" class="arrow">
          {active ? (sorting.descending ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}
