import type { LayerDetail, TensorStatistics } from "../../../details.js";
import { formatInteger, formatValue } from "../../../format-number.js";
import { DataTable } from "../chart/data-table.js";
import { ScrollBox } from "../scroll-box.js";

const ROWS: readonly { readonly name: string; readonly read: (of: TensorStatistics) => string }[] = [
  { name: "smallest", read: (of) => formatValue(of.min) },
  { name: "largest", read: (of) => formatValue(of.max) },
  { name: "mean", read: (of) => formatValue(of.mean) },
  { name: "standard deviation", read: (of) => formatValue(of.std) },
  { name: "zeros", read: (of) => formatInteger(of.zero) },
  { name: "NaN", read: (of) => formatInteger(of.nan) },
  { name: "±Inf", read: (of) => formatInteger(of.infinite) },
];

/** What the values of each side are like. */
export function Statistics({ statistics }: { readonly statistics: LayerDetail["statistics"] }) {
  return (
    <section aria-labelledby="statistics">
      <h3 id="statistics">Statistics</h3>
      <ScrollBox label="Table of statistics">
        <DataTable
          caption="Statistics of both sides"
          head={["of all values", "reference", "candidate"]}
          rows={ROWS.map(({ name, read }) => [name, read(statistics.reference), read(statistics.candidate)])}
        />
      </ScrollBox>
    </section>
  );
}
