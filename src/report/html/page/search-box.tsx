import type { RefObject } from "preact";
import { formatInteger } from "../../format-number.js";
import { Key } from "./keys/key.js";

interface SearchBoxProps {
  readonly query: string;
  readonly shown: number;
  readonly total: number;
  readonly box: RefObject<HTMLInputElement>;
  readonly onQuery: (query: string) => void;
  /** Enter: the first layer that passes is wanted. */
  readonly onEnter: () => void;
}

/** What narrows all layers: tree, ladder, table. */
export function SearchBox({ query, shown, total, box, onQuery, onEnter }: SearchBoxProps) {
  return (
    <search class="search">
      <input
        ref={box}
        type="search"
        aria-label="Search layers"
        placeholder="Search layers: attn verdict:mismatch"
        value={query}
        onInput={(event) => onQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && shown > 0) onEnter();
        }}
      />
      <Key name="/" />
      <output class="quiet small">
        {query === "" ? "" : `${formatInteger(shown)} of ${formatInteger(total)} shown`}
      </output>
    </search>
  );
}
