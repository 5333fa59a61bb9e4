import type { Picture } from "../../../details.js";
import { cellGrid } from "./picture-index.js";

/** A cell is never drawn larger than this by itself, and a picture never higher; zooming goes beyond. */
const LARGEST_CELL = 26;
const HIGHEST = 420;
/** Rows are drawn at least this high, so that a few tokens over many channels are no hairlines. */
const LOWEST_ROW = 12;
/** And so is a picture of a row or two. */
const LOWEST = 40;
/** Two pictures stand side by side when each has this much. */
const SIDE_BY_SIDE_FROM = 300;
const GAP = 16;
/** Browsers refuse canvases beyond some size; all take this. */
const LARGEST_CANVAS = 8000;

export interface PictureSize {
  /** Of one heat map, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Width of what is seen of it without scrolling. */
  readonly frame: number;
  readonly stacked: boolean;
}

/** Size of each of `count` pictures in a room of `room` pixels. Pure. */
export function sizePicture(picture: Picture, room: number, count: number, zoom: number): PictureSize {
  const grid = cellGrid(picture);
  const half = (room - GAP * (count - 1)) / count;
  const stacked = count > 1 && half < SIDE_BY_SIDE_FROM;
  const frame = Math.max(40, Math.floor(stacked ? room : half));
  const width = Math.min(frame, grid.columns * LARGEST_CELL);
  const cell = width / Math.max(1, grid.columns);
  const row = Math.min(LARGEST_CELL, Math.max(LOWEST_ROW, cell));
  const height = Math.min(HIGHEST, Math.max(LOWEST, grid.rows * row));
  const scaled = (pixels: number) => Math.round(Math.min(LARGEST_CANVAS, Math.max(1, pixels * zoom)));
  return { width: scaled(width), height: scaled(height), frame, stacked };
}
