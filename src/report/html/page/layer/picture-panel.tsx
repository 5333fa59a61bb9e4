import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LayerDetail } from "../../../details.js";
import { formatCount } from "../../../format-number.js";
import { Choice } from "../choice.js";
import { PICTURE_VIEWS, type PictureView } from "../route/route.js";
import { useWidth } from "../use-width.js";
import { type CellView, cellsOf, scaleOf, VIEW_NAMES } from "./cell-colors.js";
import { decodeBytes, NON_FINITE_CELL } from "./cells.js";
import { ColorBar } from "./color-bar.js";
import { HeatMap } from "./heat-map.js";
import { readLens } from "./lens-cells.js";
import { LensTable } from "./lens-table.js";
import { directionName, placeOf, type Spot } from "./picture-index.js";
import { sizePicture } from "./picture-size.js";
import { PlaneChoice } from "./plane-choice.js";
import { Readout } from "./readout.js";

interface PicturePanelProps {
  readonly detail: LayerDetail;
  readonly view: PictureView;
  readonly plane: number;
  readonly onView: (view: PictureView) => void;
  readonly onPlane: (plane: number) => void;
}

const ZOOMS = [1, 2, 4, 8] as const;

/** The tensor as heat maps: view, plane, zoom, cross hair, and the lens around the worst element. */
export function PicturePanel({ detail, view, plane: wanted, onView, onPlane }: PicturePanelProps) {
  const { picture } = detail;
  const room = useRef<HTMLDivElement>(null);
  const width = useWidth(room, 600);
  const [zoom, setZoom] = useState<(typeof ZOOMS)[number]>(1);
  const [cursor, setCursor] = useState<Spot | null>(null);
  const at = Math.min(wanted, picture.planes.length - 1);
  const plane = picture.planes[at];
  useEffect(() => setCursor(null), [detail, at]);
  const lens = useMemo(() => (plane === undefined || plane.lens === null ? null : readLens(plane.lens)), [plane]);
  if (plane === undefined) return <p class="empty">The tensor has no elements.</p>;

  const views: readonly CellView[] = view === "sides" ? ["reference", "candidate"] : [view];
  const size = sizePicture(picture, width, views.length, zoom);
  const worst = worstSpot(detail, at, lens?.worst ?? null);
  const mark = worst === null ? null : toCell(worst, picture.tile);
  const broken = views.some((one) => decodeBytes(cellsOf(plane, one)).includes(NON_FINITE_CELL));
  const [down, across] = picture.tile;
  return (
    <div class="picture">
      <div class="bar">
        <Choice label="View" options={PICTURE_VIEWS} names={VIEW_NAMES} chosen={view} onChoose={onView} />
        <PlaneChoice detail={detail} plane={at} onPlane={onPlane} />
        <span class="zoom">
          <button
            type="button"
            aria-label="Smaller"
            disabled={zoom === 1}
            onClick={() => setZoom(ZOOMS[ZOOMS.indexOf(zoom) - 1] ?? 1)}
          >
            −
          </button>
          <span class="quiet">×{zoom}</span>
          <button
            type="button"
            aria-label="Larger"
            disabled={zoom === 8}
            onClick={() => setZoom(ZOOMS[ZOOMS.indexOf(zoom) + 1] ?? 8)}
          >
            +
          </button>
        </span>
      </div>
      <div ref={room} class={`maps ${size.stacked ? "stacked" : ""}`}>
        {views.map((one) => (
          <figure key={one} class="map">
            {views.length > 1 ? <figcaption>{VIEW_NAMES[one]}</figcaption> : null}
            <div class="map-frame" style={{ maxWidth: `${size.frame}px` }}>
              <HeatMap
                picture={picture}
                plane={plane}
                view={one}
                width={size.width}
                height={size.height}
                cursor={cursor}
                onCursor={setCursor}
                worst={mark}
              />
            </div>
          </figure>
        ))}
      </div>
      <Readout detail={detail} plane={plane} lens={lens} cursor={cursor} />
      <ColorBar scale={scaleOf(picture, views[0] ?? "difference")} broken={broken} />
      <p class="quiet small">
        {describeSide(picture.rows, "row", directionName(detail, picture.rowAxes), "down")} ×{" "}
        {describeSide(picture.columns, "column", directionName(detail, picture.columnAxes), "across")}.{" "}
        {down * across === 1
          ? "One cell is one element."
          : `One cell is ${down} × ${across} elements and shows the worst of them.`}
        {picture.cut === 0 ? "" : ` ${formatCount(picture.cut, "plane")} with smaller errors not kept in this report.`}
      </p>
      {lens === null ? null : <LensTable detail={detail} plane={plane} lens={lens} />}
    </div>
  );
}

/** `7 rows (token, down)`. */
function describeSide(count: number, what: string, axes: string, way: string): string {
  return `${formatCount(count, what)} (${axes === "" ? way : `${axes}, ${way}`})`;
}

/** The worst element of a plane: the tensor's own where it lies here, else the worst that the lens has. */
function worstSpot(detail: LayerDetail, plane: number, inLens: Spot | null): Spot | null {
  const [first] = detail.worst;
  const place = first === undefined ? null : placeOf(detail, first.index);
  return place?.plane === plane ? place : inLens;
}

function toCell({ row, column }: Spot, [down, across]: readonly [number, number]): Spot {
  return { row: Math.floor(row / down), column: Math.floor(column / across) };
}
