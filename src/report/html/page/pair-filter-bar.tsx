import type { PairVerdict } from "../../../judge/types.js";
import { VERDICT_SIGNS, VERDICT_WORDS } from "../../describe-pair.js";
import { formatInteger } from "../../format-number.js";
import type { PairResult } from "../../types.js";
import type { PairFilter } from "./filter-pairs.js";

interface PairFilterBarProps {
  readonly pairs: readonly PairResult[];
  readonly shown: number;
  readonly filter: PairFilter;
  readonly onFilter: (filter: PairFilter) => void;
}

const VERDICTS = Object.keys(VERDICT_WORDS) as PairVerdict[];

/** Text and verdict by which the table is narrowed, and how much of it is left. */
export function PairFilterBar({ pairs, shown, filter, onFilter }: PairFilterBarProps) {
  const counts = new Map<string, number>();
  for (const pair of pairs) counts.set(pair.verdict, (counts.get(pair.verdict) ?? 0) + 1);
  const choose = (verdict: PairFilter["verdict"]) => onFilter({ ...filter, verdict });
  return (
    <div class="filter">
      <label>
        <span class="quiet">Filter </span>
        <input
          type="search"
          placeholder="name or class"
          value={filter.text}
          onInput={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        />
      </label>
      <fieldset>
        <legend class="hidden">Verdict</legend>
        <button type="button" aria-pressed={filter.verdict === "all"} onClick={() => choose("all")}>
          all {formatInteger(pairs.length)}
        </button>
        {VERDICTS.filter((verdict) => counts.has(verdict)).map((verdict) => (
          <button
            key={verdict}
            type="button"
            aria-pressed={filter.verdict === verdict}
            class={verdict === "mismatch" ? "bad" : ""}
            onClick={() => choose(verdict)}
          >
            {VERDICT_SIGNS[verdict]} {VERDICT_WORDS[verdict]} {formatInteger(counts.get(verdict) ?? 0)}
          </button>
        ))}
      </fieldset>
      <output class="quiet">
        {shown === pairs.length ? "" : `${formatInteger(shown)} of ${formatInteger(pairs.length)} shown`}
      </output>
    </div>
  );
}
