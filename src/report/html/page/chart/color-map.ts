/**
 * Colours of heat maps, interpolated in sRGB between published control points. Both maps can be told apart under every
 * common colour blindness.
 */
export type Rgb = readonly [number, number, number];

/**
 * cividis: J. R. Nuñez, C. R. Anderton, R. S. Renslow, "Optimizing colormaps with consideration for color vision
 * deficiency", PLoS ONE 13 (2018) e0199239. Ten evenly spaced points of the authors' table, dark blue to yellow;
 * lightness rises evenly, so it also reads in grey.
 */
const CIVIDIS = "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838";

/** PuOr with 11 classes: C. A. Brewer and M. Harrower, ColorBrewer 2.0 (colorbrewer2.org). Orange is negative here. */
const PUOR = "7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b";

/** Colour of NaN and ±Inf: in neither map. */
export const NON_FINITE_COLOR: Rgb = [230, 0, 130];

const SEQUENTIAL_STOPS = readStops(CIVIDIS);
const DIVERGING_STOPS = readStops(PUOR);

/** Colour of a magnitude; 0 is the least and 1 the most. */
export function sequentialColor(share: number): Rgb {
  return interpolate(SEQUENTIAL_STOPS, share);
}

/** Colour of a signed value; −1 to 1, 0 being neutral. */
export function divergingColor(share: number): Rgb {
  return interpolate(DIVERGING_STOPS, (share + 1) / 2);
}

/** The colour for style sheets. */
export function cssColor([red, green, blue]: Rgb): string {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Black or white, whichever is read better on the colour (WCAG's relative luminance). */
export function inkOn([red, green, blue]: Rgb): "#000" | "#fff" {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  // Both contrasts are equal at luminance √(1.05 · 0.05) − 0.05.
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

function readStops(text: string): Rgb[] {
  return text.split(" ").map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
}

function interpolate(stops: readonly Rgb[], share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  const [from, to] = [stops[low] ?? NON_FINITE_COLOR, stops[low + 1] ?? NON_FINITE_COLOR];
  const mix = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * (place - low));
  return [mix(0), mix(1), mix(2)];
}
