import { attributeName, className } from "./names.js";
import type { Layer, Member, ModuleClass, Skeleton } from "./types.js";

interface Scope {
  readonly name: string;
  readonly path: string;
  readonly layers: Layer[];
  readonly children: Map<string, Scope>;
}

/**
 * The module classes of a set of layers: one for each kind of scope. Scopes that are made alike, numbered ones and others, share a
 * class; numbered ones beside each other (`h0` … `h11`) become a ModuleList.
 */
export function buildSkeleton(layers: readonly Layer[]): Skeleton {
  const top: Scope = { name: "", path: "", layers: [], children: new Map() };
  const scopes = new Set(["", ...layers.flatMap(({ path }) => ancestors(path))]);
  const times = new Map<string, number>();
  for (const { path } of layers) times.set(path, (times.get(path) ?? 0) + 1);
  for (const layer of layers) {
    // What shares its scope with other layers, or holds scopes itself, is told apart by its own variable.
    const isAlone = times.get(layer.path) === 1 && !scopes.has(layer.path);
    const path = isAlone ? layer.path : (layer.fields[0]?.key ?? layer.path);
    const parts = path.split("/");
    const scope = parts.slice(0, -1).reduce(descend, top);
    scope.layers.push({ ...layer, path });
  }
  let root = top;
  while (root.layers.length === 0 && root.children.size === 1) {
    const [only] = root.children.values();
    if (only === undefined) break;
    root = only;
  }
  const making: Making = { taken: new Set(), byMake: new Map(), classes: [] };
  const made = makeClass(root, root.name === "" ? "Model" : root.name, making);
  return { root: made, scope: root.path, classes: making.classes };
}

/** A name without the scope that it lies in; null where it lies elsewhere. */
export function relativeTo(scope: string, name: string): string | null {
  if (scope === "") return name;
  return name.startsWith(`${scope}/`) ? name.slice(scope.length + 1) : null;
}

function ancestors(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("/"));
}

function descend(scope: Scope, name: string): Scope {
  const path = scope.path === "" ? name : `${scope.path}/${name}`;
  const next = scope.children.get(name) ?? { name, path, layers: [], children: new Map() };
  scope.children.set(name, next);
  return next;
}

interface Making {
  /** Class names. */
  readonly taken: Set<string>;
  readonly byMake: Map<string, ModuleClass>;
  readonly classes: ModuleClass[];
}

function makeClass(scope: Scope, name: string, making: Making): ModuleClass {
  const make = makeOf(scope);
  const known = making.byMake.get(make);
  if (known !== undefined) return known;
  const taken = new Set<string>();
  const members: Member[] = [];
  for (const layer of scope.layers) {
    const relative = layer.path.slice(scope.path === "" ? 0 : scope.path.length + 1);
    members.push({ kind: "layer", attribute: attributeName(relative, taken), relative, layer });
  }
  for (const group of groupBlocks([...scope.children.values()])) {
    const [first] = group;
    if (first === undefined) continue;
    const stem = group.length > 1 ? stemOf(first.name) : first.name;
    const of = makeClass(first, stem, making);
    const attribute = attributeName(stem, taken);
    if (group.length === 1) members.push({ kind: "module", attribute, relative: first.name, of });
    else members.push({ kind: "list", attribute, relatives: group.map((one) => one.name), of });
  }
  const made: ModuleClass = { name: className(name, making.taken), example: scope.path, members };
  making.byMake.set(make, made);
  making.classes.push(made);
  return made;
}

/** Numbered scopes that follow each other and are made alike stay together; any other is a group of one. */
function groupBlocks(scopes: readonly Scope[]): Scope[][] {
  const groups: Scope[][] = [];
  const byStem = new Map<string, Scope[]>();
  for (const scope of scopes) {
    const stem = stemOf(scope.name);
    if (!/\d/.test(scope.name)) groups.push([scope]);
    else if (byStem.has(stem)) byStem.get(stem)?.push(scope);
    else {
      const group = [scope];
      byStem.set(stem, group);
      groups.push(group);
    }
  }
  return groups.flatMap((group) => {
    const sorted = [...group].sort((a, b) => numberOf(a.name) - numberOf(b.name));
    const makes = new Set(sorted.map(makeOf));
    const isRow = sorted.every((one, i) => numberOf(one.name) === numberOf(sorted[0]?.name ?? "") + i);
    return makes.size === 1 && isRow ? [sorted] : sorted.map((one) => [one]);
  });
}

function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}

/** `layer_11` → `layer`, `h0` → `h`, `3` → `blocks`. */
function stemOf(name: string): string {
  const stem = name.replace(/\d+/, "").replace(/[_.-]+$/, "");
  return /[A-Za-z]/.test(stem) ? stem : "blocks";
}

/** Equal for scopes that can share a class: the same layers under the same relative names. */
function makeOf(scope: Scope): string {
  // A variable of another scope ties the class to this one place.
  const cut = (path: string): string => relativeTo(scope.path, path) ?? `absolute ${path}`;
  const layers = scope.layers.map(({ path, construct, dtype, fields, notes }) => [
    cut(path),
    construct,
    dtype,
    notes,
    fields.map((field) => [field.name, cut(field.key), field.stored, field.change]),
  ]);
  const children = [...scope.children.values()].map((child) => [child.name, makeOf(child)]);
  return JSON.stringify([layers, children]);
}
