import { useMemo, useState } from "preact/hooks";
import type { CheckResult } from "../../../types.js";
import type { Route } from "../route/route.js";
import { ScrollBox } from "../scroll-box.js";
import { useGrowing } from "../use-growing.js";
import { PairRow } from "./pair-row.js";
import { type PlacedPair, type Sorting, type SortKey, sortPairs } from "./sort-pairs.js";

interface PairTableProps {
  readonly result: CheckResult;
  /** The pairs that pass the search. */
  readonly shown: readonly PlacedPair[];
  readonly route: Route;
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

/** The ladder's figures as a table that can be sorted. */
export function PairTable({ result, shown, route }: PairTableProps) {
  const [sorting, setSorting] = useState<Sorting>({ key: "order", descending: false });
  const sorted = useMemo(() => sortPairs(shown, sorting), [shown, sorting]);
  const drawn = useGrowing(sorted.length);
  return (
    <ScrollBox label="Table of layers">
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
          {sorted.slice(0, drawn).map(({ pair, at }) => (
            <PairRow key={at} pair={pair} at={at} first={pair.id === result.firstDivergence} route={route} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
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
