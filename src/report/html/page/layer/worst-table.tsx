import type { LayerDetail } from "../../../details.js";
import { formatError, formatInteger, formatValue } from "../../../format-number.js";
import { DataTable } from "../chart/data-table.js";
import { ScrollBox } from "../scroll-box.js";
import { errorOf } from "./lens-cells.js";

/** The elements with the largest error, with their index and both values. */
export function WorstTable({ detail }: { readonly detail: LayerDetail }) {
  if (detail.worst.length === 0) return null;
  return (
    <section aria-labelledby="worst">
      <h3 id="worst">Worst elements</h3>
      <p class="quiet small">index: {detail.axes.length === 0 ? "a scalar has none" : detail.axes.join(", ")}</p>
      <ScrollBox label="Table of worst elements">
        <DataTable
          caption="The elements with the largest error"
          head={["index", "reference", "candidate", "|difference|", "ULP"]}
          rows={detail.worst.map((one) => [
            `[${one.index.join(", ")}]`,
            formatValue(one.reference),
            formatValue(one.candidate),
            formatError(errorOf(one)),
            Number.isInteger(one.ulp) && one.ulp < 1e7 ? formatInteger(one.ulp) : formatError(one.ulp),
          ])}
        />
      </ScrollBox>
    </section>
  );
}
