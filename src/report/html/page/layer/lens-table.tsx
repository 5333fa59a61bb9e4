import { useState } from "preact/hooks";
import type { LayerDetail, Plane } from "../../../details.js";
import { formatError, formatValue } from "../../../format-number.js";
import { cssColor, divergingColor, inkOn, NON_FINITE_COLOR } from "../chart/color-map.js";
import { Choice } from "../choice.js";
import { cropLens, type LensCell, type LensCells } from "./lens-cells.js";
import { directionName } from "./picture-index.js";

const SHOWN = ["difference", "reference", "candidate"] as const;
type Shown = (typeof SHOWN)[number];
const NAMES: Readonly<Record<Shown, string>> = {
  difference: "candidate − reference",
  reference: "reference",
  candidate: "candidate",
};

/** Rows and columns of numbers that can still be read side by side. */
const SIZE = 9;

interface LensTableProps {
  readonly detail: LayerDetail;
  readonly plane: Plane;
  readonly lens: LensCells;
}

/** The exact values around the worst element of a plane, as numbers on the colours of their sign and size. */
export function LensTable({ detail, lens }: LensTableProps) {
  const [shown, setShown] = useState<Shown>("difference");
  const { lens: part, cells, worst } = cropLens(lens, SIZE);
  const values = cells.map((cell) => shownValue(cell, shown));
  const reach = values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0);
  const write = shown === "difference" ? formatError : formatValue;
  const { rowAxes, columnAxes } = detail.picture;
  return (
    <div class="lens">
      <div class="bar">
        <h3>Around the worst element, exactly</h3>
        <Choice label="Values of the lens" options={SHOWN} names={NAMES} chosen={shown} onChoose={setShown} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Values around the worst element">
        <table class="lens-table">
          <caption class="hidden">{`${NAMES[shown]} around the worst element`}</caption>
          <thead>
            <tr>
              <td class="quiet">
                {rowAxes.length === 0 ? "" : `${directionName(detail, rowAxes)} ↓ `}
                {columnAxes.length === 0 ? "" : `${directionName(detail, columnAxes)} →`}
              </td>
              {Array.from({ length: part.columns }, (_, at) => (
                <th key={at} scope="col">
                  {part.column + at}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: part.rows }, (_, row) => (
              <tr key={row}>
                <th scope="row">{part.row + row}</th>
                {cells.slice(row * part.columns, (row + 1) * part.columns).map((cell) => {
                  const value = shownValue(cell, shown);
                  const isWorst = cell.row === worst?.row && cell.column === worst.column;
                  return (
                    <td key={cell.column} class={isWorst ? "worst" : ""} style={lookOf(value, reach)}>
                      {write(value)}
                      {isWorst ? <span class="hidden"> (worst)</span> : null}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function shownValue(cell: LensCell, shown: Shown): number {
  return shown === "difference" ? cell.candidate - cell.reference : cell[shown];
}

function lookOf(value: number, reach: number): { background: string; color: string } {
  const color = Number.isFinite(value) ? divergingColor(reach === 0 ? 0 : value / reach) : NON_FINITE_COLOR;
  return { background: cssColor(color), color: inkOn(color) };
}
