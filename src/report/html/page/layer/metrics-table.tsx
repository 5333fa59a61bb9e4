import type { PairResult } from "../../../types.js";
import { METRIC_ROWS } from "./metric-rows.js";

/** All figures of a pair, local beside accumulated. Nothing when it was not compared. */
export function MetricsTable({ pair }: { readonly pair: PairResult }) {
  const local = pair.local?.metrics ?? null;
  const { metrics } = pair;
  if (local === null && metrics === null) return null;
  return (
    <table class="metrics">
      <caption>Figures of the worst case; errors are candidate − reference</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">
            local <span class="quiet">{pair.local === null ? "" : `case ${pair.local.case}`}</span>
          </th>
          <th scope="col">
            accumulated <span class="quiet">{pair.worstCase === null ? "" : `case ${pair.worstCase}`}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {METRIC_ROWS.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td>{local === null ? "–" : row.read(local)}</td>
            <td>{metrics === null ? "–" : row.read(metrics)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
