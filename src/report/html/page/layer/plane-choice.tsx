import type { LayerDetail } from "../../../details.js";
import { formatError } from "../../../format-number.js";
import { decodeBytes, NON_FINITE_CELL, valueOfCell } from "./cells.js";
import { planeName } from "./picture-index.js";

interface PlaneChoiceProps {
  readonly detail: LayerDetail;
  readonly plane: number;
  readonly onPlane: (plane: number) => void;
}

/** Which plane is shown: a list with the largest error of each, worst first, and steps to its neighbours. */
export function PlaneChoice({ detail, plane, onPlane }: PlaneChoiceProps) {
  const { planes, scales } = detail.picture;
  if (planes.length <= 1) return null;
  return (
    <span class="planes">
      <button type="button" aria-label="Previous plane" disabled={plane === 0} onClick={() => onPlane(plane - 1)}>
        ‹
      </button>
      <select aria-label="Plane" value={String(plane)} onChange={(event) => onPlane(Number(event.currentTarget.value))}>
        {planes.map((one, at) => {
          const worst = decodeBytes(one.difference).reduce((most, byte) => Math.max(most, byte), 0);
          const error = worst === NON_FINITE_CELL ? "NaN or ±Inf" : formatError(valueOfCell(worst, scales.difference));
          return (
            <option key={at} value={String(at)}>
              {planeName(detail, one.index)}: {error}
            </option>
          );
        })}
      </select>
      <button
        type="button"
        aria-label="Next plane"
        disabled={plane === planes.length - 1}
        onClick={() => onPlane(plane + 1)}
      >
        ›
      </button>
    </span>
  );
}
