import { expect } from "vitest";
import "./types.js";
import { toMatchGolden } from "./to-match-golden.js";

// For `setupFiles` of a vitest configuration: every test then has the matcher.
expect.extend({ toMatchGolden });
