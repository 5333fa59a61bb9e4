import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Picture, Plane } from "../../../details.js";
import { type CellView, cellsOf, colorTable, scaleOf, VIEW_NAMES, weightOf } from "./cell-colors.js";
import { decodeBytes } from "./cells.js";
import { drawCells } from "./draw-cells.js";
import { cellGrid, type Spot } from "./picture-index.js";
import { buildPyramid } from "./pyramid.js";

interface HeatMapProps {
  readonly picture: Picture;
  readonly plane: Plane;
  readonly view: CellView;
  /** Size in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Cell under the cross hair; null for none. */
  readonly cursor: Spot | null;
  readonly onCursor: (cell: Spot | null) => void;
  /** Cell of the worst element of the plane. */
  readonly worst: Spot | null;
}

/** How far the arrow keys go, in cells. */
const STEPS: Readonly<Record<string, Spot>> = {
  ArrowUp: { row: -1, column: 0 },
  ArrowDown: { row: 1, column: 0 },
  ArrowLeft: { row: 0, column: -1 },
  ArrowRight: { row: 0, column: 1 },
};

/** One plane in one view as a picture. Pointer and arrow keys move the cross hair; a ring marks the worst element. */
export function HeatMap({ picture, plane, view, width, height, cursor, onCursor, worst }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = cellGrid(picture);
  const scale = scaleOf(picture, view);
  const levels = useMemo(
    () => buildPyramid(decodeBytes(cellsOf(plane, view)), grid.rows, grid.columns, weightOf(scale)),
    [plane, view],
  );
  useLayoutEffect(() => {
    if (canvas.current === null) return;
    // Assigning the size clears the canvas.
    canvas.current.width = Math.max(1, Math.round(width * devicePixelRatio));
    canvas.current.height = Math.max(1, Math.round(height * devicePixelRatio));
    drawCells(canvas.current, levels, colorTable(scale));
  }, [levels, width, height]);

  const follow = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * grid.rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * grid.columns);
    onCursor(clamp({ row, column }, grid));
  };
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = cursor ?? worst ?? { row: 0, column: 0 };
    onCursor(clamp({ row: from.row + step.row, column: from.column + step.column }, grid));
  };
  const cell = { width: width / grid.columns, height: height / grid.rows };
  return (
    <div
      class="heat"
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the cross hair
      tabIndex={0}
      aria-label={`Heat map: ${VIEW_NAMES[view]}. Arrow keys move the cross hair.`}
      style={{ width: `${width}px`, height: `${height}px` }}
      onPointerMove={follow}
      onPointerDown={follow}
      onPointerLeave={() => onCursor(null)}
      onKeyDown={press}
      onBlur={() => onCursor(null)}
    >
      <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
      {worst === null ? null : <Ring cell={worst} size={cell} within={height} />}
      {cursor === null ? null : (
        <>
          <span class="hair across" style={{ top: `${(cursor.row + 0.5) * cell.height}px` }} />
          <span class="hair down" style={{ left: `${(cursor.column + 0.5) * cell.width}px` }} />
        </>
      )}
    </div>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A ring around a cell, never smaller than can be seen. */
function Ring({ cell, size, within }: { readonly cell: Spot; readonly size: Size; readonly within: number }) {
  const width = Math.max(12, size.width + 6);
  // In a picture of one row the ring lies inside, or its ends could not be seen.
  const height = Math.max(12, size.height + (within > size.height + 6 ? 6 : -4));
  return (
    <span
      class="ring"
      style={{
        width: `${width}px`,
        height: `${height}px`,
        left: `${(cell.column + 0.5) * size.width - width / 2}px`,
        top: `${(cell.row + 0.5) * size.height - height / 2}px`,
      }}
    />
  );
}

function clamp({ row, column }: Spot, grid: { readonly rows: number; readonly columns: number }): Spot {
  const within = (at: number, count: number) => Math.min(count - 1, Math.max(0, at));
  return { row: within(row, grid.rows), column: within(column, grid.columns) };
}
