/**
 * What the page shows, as the part of its address behind `#`: everything a reader can come to has an address that can be
 * copied, opened again and gone back to. Pure.
 */
export const LAYER_VIEWS = ["ladder", "table", "models"] as const;
export type LayerView = (typeof LAYER_VIEWS)[number];

export const PICTURE_VIEWS = ["reference", "candidate", "sides", "difference", "relative", "ulp"] as const;
export type PictureView = (typeof PICTURE_VIEWS)[number];

export interface Route {
  /** Id of the pair whose page is shown; null for the overview. */
  readonly layer: string | null;
  /** Part of the overview to come to: `weights`, `finding-2`; null for its beginning. */
  readonly section: string | null;
  /** What the layers are narrowed by. */
  readonly query: string;
  readonly show: LayerView;
  readonly picture: PictureView;
  /** Plane of the picture, from 0. */
  readonly plane: number;
}

export const OVERVIEW: Route = {
  layer: null,
  section: null,
  query: "",
  show: "ladder",
  picture: "difference",
  plane: 0,
};

/** Reads the address. What it does not understand counts as the overview, so that no link leads nowhere. */
export function parseRoute(hash: string): Route {
  const [path = "", ...rest] = hash.replace(/^#/, "").split("?");
  const parameters = new URLSearchParams(rest.join("?"));
  const [, kind = "", ...names] = path.split("/");
  const name = names.length === 0 ? null : decode(names.join("/"));
  const plane = Number(parameters.get("plane") ?? 0);
  return {
    layer: kind === "layer" ? name : null,
    section: kind === "layer" || kind === "" ? null : name === null ? decode(kind) : `${decode(kind)}-${name}`,
    query: parameters.get("q") ?? "",
    show: LAYER_VIEWS.find((view) => view === parameters.get("show")) ?? OVERVIEW.show,
    picture: PICTURE_VIEWS.find((view) => view === parameters.get("view")) ?? OVERVIEW.picture,
    plane: Number.isSafeInteger(plane) && plane >= 0 ? plane : 0,
  };
}

/** The address of a route; what is as usual is left out. */
export function formatRoute(route: Partial<Route>): string {
  const { layer, section, query, show, picture, plane } = { ...OVERVIEW, ...route };
  const parameters = new URLSearchParams();
  if (query !== "") parameters.set("q", query);
  if (show !== OVERVIEW.show) parameters.set("show", show);
  if (layer !== null && picture !== OVERVIEW.picture) parameters.set("view", picture);
  if (layer !== null && plane !== 0) parameters.set("plane", String(plane));
  const path = layer !== null ? `layer/${encodeURIComponent(layer)}` : formatSection(section);
  const tail = parameters.size === 0 ? "" : `?${parameters}`;
  return `#/${path}${tail}`;
}

function formatSection(section: string | null): string {
  if (section === null) return "";
  return encodeURIComponent(section).replace(/^finding-/, "finding/");
}

/** A link may have been cut or typed by hand. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
