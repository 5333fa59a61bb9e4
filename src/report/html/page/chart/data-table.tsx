import { formatInteger } from "../../../format-number.js";

interface DataTableProps {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly string[])[];
  /** Rows that were left out. */
  readonly cut?: number;
}

/** Figures as a plain table; what was left out is said. */
export function DataTable({ caption, head, rows, cut = 0 }: DataTableProps) {
  return (
    <table class="data">
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {head.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name = "", ...cells], at) => (
          <tr key={at}>
            <th scope="row">{name}</th>
            {cells.map((cell, column) => (
              <td key={column}>{cell}</td>
            ))}
          </tr>
        ))}
        {cut === 0 ? null : (
          <tr>
            <td colSpan={head.length} class="quiet">
              {formatInteger(cut)} more
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
