import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { ownPython, VENV } from "./python-location.mjs";

/** The two libraries of the wheel, by the names under which they ask for each other. */
export const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/**
 * The `tensorflow` folder of the interpreter that set-up works with, and its version; null when it has none that
 * carries the C library and its headers.
 * @returns {{ folder: string, version: string } | null}
 */
export function findTensorflowWheel() {
  const own = ownPython();
  for (const site of own === null ? venvSites() : sitesOf(own)) {
    const folder = join(site, "tensorflow");
    if (!LIBRARIES.every((library) => existsSync(join(folder, library)))) continue;
    if (!existsSync(join(folder, "include", "tensorflow", "c", "c_api.h"))) continue;
    const info = readdirSync(site).find((name) => /^tensorflow(_cpu|_intel)?-[\d.]+.*\.dist-info$/.test(name));
    return { folder, version: info?.replace(/^[^-]+-/, "").replace(".dist-info", "") ?? "unknown" };
  }
  return null;
}

/** @returns {string[]} */
function venvSites() {
  const lib = join(VENV, "lib");
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.startsWith("python3"))
    .map((name) => join(lib, name, "site-packages"));
}

/**
 * @param {string} python
 * @returns {string[]}
 */
function sitesOf(python) {
  const code = "import importlib.util as u; s = u.find_spec('tensorflow'); print(s.origin if s else '')";
  const origin = (spawnSync(python, ["-c", code], { encoding: "utf8" }).stdout ?? "").trim();
  return origin === "" ? [] : [dirname(dirname(origin))];
}
