import type { Rgb } from "../chart/color-map.js";
import { NON_FINITE_CELL } from "./cells.js";
import { type Level, levelFor } from "./pyramid.js";

/** Below this many pixels a cross in a cell is a blot. */
const CROSS_FROM = 6;

/**
 * Draws a plane over the whole canvas: the finest level that the canvas has pixels for, without smoothing, so that no cell
 * is lost or mixed with another. Cells that are not finite get a cross too where there is room.
 */
export function drawCells(canvas: HTMLCanvasElement, levels: readonly Level[], colors: readonly (Rgb | null)[]): void {
  const context = canvas.getContext("2d");
  const level = levelFor(levels, canvas.width, canvas.height);
  if (context === null || level === null || level.rows * level.columns === 0) return;
  const small = document.createElement("canvas");
  small.width = level.columns;
  small.height = level.rows;
  const image = new ImageData(level.columns, level.rows);
  level.cells.forEach((byte, at) => {
    const color = colors[byte] ?? null;
    if (color !== null) image.data.set([...color, 255], 4 * at);
  });
  small.getContext("2d")?.putImageData(image, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  crossOut(context, level);
}

function crossOut(context: CanvasRenderingContext2D, level: Level): void {
  const width = context.canvas.width / level.columns;
  const height = context.canvas.height / level.rows;
  if (Math.min(width, height) < CROSS_FROM) return;
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5;
  context.beginPath();
  level.cells.forEach((byte, at) => {
    if (byte !== NON_FINITE_CELL) return;
    const [x, y] = [(at % level.columns) * width, Math.floor(at / level.columns) * height];
    context.moveTo(x + width * 0.25, y + height * 0.25);
    context.lineTo(x + width * 0.75, y + height * 0.75);
    context.moveTo(x + width * 0.75, y + height * 0.25);
    context.lineTo(x + width * 0.25, y + height * 0.75);
  });
  context.stroke();
}
