// What the zoo runs: originals by seed, correct ports in every style, faults alone and in twos. Pure but for asking Python.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The same draws for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const NAMES = ["same", "other"];

export function readFaults(python, folder) {
  return JSON.parse(execFileSync(python, [join(folder, "faults.py")], { encoding: "utf8" }));
}

export function makeOriginal(python, folder, seed, out) {
  if (!existsSync(join(out, "zoo.json"))) {
    execFileSync(python, [join(folder, "original.py"), "--out", out, "--seed", String(seed)], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
    });
  }
  return JSON.parse(readFileSync(join(out, "zoo.json"), "utf8"));
}

/** Whether an original of these sizes can have the fault at all. */
export function applies(fault, sizes) {
  return Object.entries(fault.requires ?? {}).every(([key, wanted]) =>
    Array.isArray(wanted) ? wanted.includes(sizes[key]) : sizes[key] === wanted,
  );
}

/** Patterns in which `{layer}` stands for the faulty layer's number. */
export function patternsOf(fault, layer) {
  const fill = (text) => new RegExp(text.replaceAll("{layer}", layer === null ? "\\d+" : String(layer)));
  return { modules: fault.where.modules.map(fill), parameters: fault.where.parameters.map(fill) };
}

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

/** One fault as the port is asked for it: at one drawn layer, or everywhere. */
export function drawPlace(random, fault, sizes) {
  const layers = sizes.layers ?? sizes.num_layers ?? sizes.n_layer ?? null;
  const one = fault.layered && layers !== null && random() < 0.7;
  const layer = one ? Math.floor(random() * layers) : null;
  return { fault, layer, ask: layer === null ? fault.id : `${fault.id}@${layer}` };
}

/** Every fault once per original, in a drawn style, under drawn names. */
export function planSingles(random, faults, sizes) {
  return faults
    .filter((fault) => applies(fault, sizes))
    .map((fault) => ({
      style: pick(random, fault.styles),
      names: pick(random, NAMES),
      places: [drawPlace(random, fault, sizes)],
    }));
}

/** Two faults of different causes at once, in a style that both can be had in. */
export function planPairs(random, faults, sizes, count) {
  const open = faults.filter((fault) => applies(fault, sizes) && fault.observable && fault.pairable !== false);
  const pairs = [];
  for (let tries = 0; pairs.length < count && tries < 50 * count; tries++) {
    const [a, b] = [pick(random, open), pick(random, open)];
    const styles = a.styles.filter((style) => b.styles.includes(style));
    if (a === b || a.cause === b.cause || styles.length === 0) continue;
    if ((a.excludes ?? []).includes(b.id) || (b.excludes ?? []).includes(a.id)) continue;
    pairs.push({
      style: pick(random, styles),
      names: pick(random, NAMES),
      places: [drawPlace(random, a, sizes), drawPlace(random, b, sizes)],
    });
  }
  return pairs;
}
