import "./types.js";

export { toMatchGolden } from "./to-match-golden.js";
export type { GoldenMatchOptions } from "./types.js";
