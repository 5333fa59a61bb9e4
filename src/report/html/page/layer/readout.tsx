import type { LayerDetail, Plane } from "../../../details.js";
import { formatError, formatInteger, formatValue } from "../../../format-number.js";
import { type CellView, cellsOf, scaleOf } from "./cell-colors.js";
import { decodeBytes, NON_FINITE_CELL, valueOfCell } from "./cells.js";
import { errorOf, type LensCells } from "./lens-cells.js";
import { cellGrid, indexOf, type Spot } from "./picture-index.js";

interface ReadoutProps {
  readonly detail: LayerDetail;
  readonly plane: Plane;
  readonly lens: LensCells | null;
  /** Cell under the cross hair; null: the worst element is told. */
  readonly cursor: Spot | null;
}

const VIEWS: readonly CellView[] = ["reference", "candidate", "difference", "relative", "ulp"];

/** What the cross hair is on: index and values, exact where the lens has them. */
export function Readout({ detail, plane, lens, cursor }: ReadoutProps) {
  if (cursor === null) {
    const worst = lens?.worst ?? null;
    if (worst === null) return <p class="readout quiet">Point at a cell, or move with the arrow keys.</p>;
    return (
      <p class="readout">
        <span class="quiet">worst here</span> <Exact detail={detail} plane={plane} cell={worst} />
      </p>
    );
  }
  const { tile } = detail.picture;
  const first = { row: cursor.row * tile[0], column: cursor.column * tile[1] };
  const exact = lens?.cells.find((cell) => cell.row === first.row && cell.column === first.column) ?? null;
  return (
    <output class="readout">
      {tile[0] * tile[1] === 1 && exact !== null ? (
        <Exact detail={detail} plane={plane} cell={exact} />
      ) : (
        <Coarse detail={detail} plane={plane} cursor={cursor} first={first} />
      )}
    </output>
  );
}

interface ExactProps {
  readonly detail: LayerDetail;
  readonly plane: Plane;
  readonly cell: LensCells["cells"][number];
}

function Exact({ detail, plane, cell }: ExactProps) {
  return (
    <>
      <code>[{indexOf(detail, plane.index, cell).join(", ")}]</code> reference {formatValue(cell.reference)}, candidate{" "}
      {formatValue(cell.candidate)}, |difference| {formatError(errorOf(cell))}
    </>
  );
}

interface CoarseProps {
  readonly detail: LayerDetail;
  readonly plane: Plane;
  readonly cursor: Spot;
  readonly first: Spot;
}

/** Figures read from the cell's bytes: a cell holds the worst of its elements, each view its own worst. */
function Coarse({ detail, plane, cursor, first }: CoarseProps) {
  const { picture } = detail;
  const at = cursor.row * cellGrid(picture).columns + cursor.column;
  const [down, across] = picture.tile;
  const last = {
    row: Math.min(picture.rows, first.row + down) - 1,
    column: Math.min(picture.columns, first.column + across) - 1,
  };
  const [from, to] = [first, last].map((spot) => indexOf(detail, plane.index, spot).join(", "));
  return (
    <>
      <code>{from === to ? `[${from}]` : `[${from}] to [${to}]`}</code>
      {VIEWS.map((view) => {
        const byte = decodeBytes(cellsOf(plane, view))[at] ?? NON_FINITE_CELL;
        const value = valueOfCell(byte, scaleOf(picture, view));
        return ` ${view === "difference" ? "|difference|" : view} ${writeCell(view, byte, value)}`;
      }).join(",")}
      {down * across > 1 ? <span class="quiet"> (worst of {formatInteger(down * across)} each)</span> : null}
    </>
  );
}

function writeCell(view: CellView, byte: number, value: number): string {
  if (byte === NON_FINITE_CELL) return "NaN or ±Inf";
  const rough = view === "reference" || view === "candidate" ? value.toPrecision(3) : value.toPrecision(2);
  return value === 0 ? "0" : `≈ ${formatValue(Number(rough))}`;
}
