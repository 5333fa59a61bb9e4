import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ScrollBox } from "../scroll-box.js";

interface ChartFrameProps {
  readonly title: string;
  /** How the chart is read, in a few words. */
  readonly note: string;
  readonly chart: ComponentChildren;
  /** The same figures for those who do not see the chart, or want them. */
  readonly table: () => ComponentChildren;
}

/** A chart under its title, which turns into a table. */
export function ChartFrame({ title, note, chart, table }: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure class="chart">
      <figcaption class="bar">
        <span>
          <strong>{title}</strong> <span class="quiet small">{note}</span>
        </span>
        <button
          type="button"
          class="plain"
          aria-label={`${title} as ${asTable ? "chart" : "table"}`}
          onClick={() => setAsTable(!asTable)}
        >
          as {asTable ? "chart" : "table"}
        </button>
      </figcaption>
      {asTable ? (
        <ScrollBox label={`${title}: figures`} height="short">
          {table()}
        </ScrollBox>
      ) : (
        chart
      )}
    </figure>
  );
}
