import type { PairVerdict } from "../../../../judge/types.js";
import { VERDICT_SIGNS, VERDICT_WORDS } from "../../../describe-pair.js";
import { formatInteger } from "../../../format-number.js";
import type { CheckResult } from "../../../types.js";
import { parseQuery, toggleField } from "../route/query.js";

interface VerdictChipsProps {
  readonly counts: CheckResult["summary"]["pairs"];
  readonly query: string;
  readonly onQuery: (query: string) => void;
}

const VERDICTS = Object.keys(VERDICT_WORDS) as PairVerdict[];

/** The verdicts that occur, with their number; pressed, one becomes part of the search. */
export function VerdictChips({ counts, query, onQuery }: VerdictChipsProps) {
  const asked = parseQuery(query).filter((term) => term.field === "verdict" && !term.not);
  return (
    <fieldset class="chips">
      <legend class="hidden">Verdict</legend>
      {VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) => (
        <button
          key={verdict}
          type="button"
          aria-pressed={asked.some((term) => term.values.includes(verdict))}
          class={verdict === "mismatch" ? "bad" : ""}
          onClick={() => onQuery(toggleField(query, "verdict", verdict))}
        >
          {VERDICT_SIGNS[verdict]} {VERDICT_WORDS[verdict]} {formatInteger(counts[verdict])}
        </button>
      ))}
    </fieldset>
  );
}
