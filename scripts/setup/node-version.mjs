import { readFileSync } from "node:fs";
import { SetupStop } from "./stop.mjs";

/** @returns {string} the oldest Node that package.json allows, such as "20.19" */
export function minimumNode() {
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return engines.node.replace(/^>=\s*/, "");
}

/**
 * @param {string} version as in `process.versions.node`
 * @param {string} minimum
 */
export function checkNode(version, minimum) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [minMajor = 0, minMinor = 0] = minimum.split(".").map(Number);
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return;
  throw new SetupStop(
    `This is Node ${version}; parity needs Node ${minimum} or newer.`,
    "Install the current Node LTS, for example with: nvm install --lts",
  );
}
